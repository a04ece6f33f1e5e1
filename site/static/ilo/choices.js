/* A long list of boxes to tick gains a filter and says what is chosen. It works without. */

const SHOWN = 6;

/** Compare without accents or capitals: "economie" finds "Économie". */
function plain(text) {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
}

/** What a label is found by: its words and those of its group, so that a région finds its départements. */
function described(label) {
  return plain(`${label.closest("[role=group]")?.querySelector(".group").textContent ?? ""} ${label.textContent}`);
}

/** Name the chosen labels, the first few in full. */
function sentence(names) {
  if (names.length === 0) return "Aucun choix sélectionné.";
  const count = names.length === 1 ? "1 choix sélectionné" : `${names.length} choix sélectionnés`;
  const rest = names.length - SHOWN;
  const others = rest > 0 ? ` et ${rest} ${rest === 1 ? "autre" : "autres"}` : "";
  return `${count}\u00a0: ${names.slice(0, SHOWN).join(", ")}${others}.`;
}

/** Add an element after another and return it. */
function add(after, tag, properties) {
  const element = Object.assign(document.createElement(tag), properties);
  after.after(element);
  return element;
}

function enhance(fieldset) {
  const options = fieldset.querySelector(".options");
  const boxes = [...options.querySelectorAll("input")];
  const labels = boxes.map((box) => box.closest("label"));

  const chosen = add(options, "p", { className: "chosen", role: "status" });
  const count = () => {
    chosen.textContent = sentence(labels.filter((_, i) => boxes[i].checked).map((label) => label.textContent.trim()));
  };
  options.addEventListener("change", count);
  count();

  if (boxes.length < 8) return;
  fieldset.classList.add("many");
  const filter = document.createElement("input");
  filter.type = "search";
  filter.placeholder = "Filtrer la liste";
  filter.setAttribute("aria-label", `Filtrer la liste\u00a0: ${fieldset.dataset.choices}`);
  options.before(filter);
  const nothing = add(filter, "p", { className: "hint", role: "status" });

  filter.addEventListener("input", () => {
    const wanted = plain(filter.value.trim());
    for (const label of labels) label.parentElement.hidden = !described(label).includes(wanted);
    for (const group of options.querySelectorAll("[role=group]")) {
      group.hidden = !group.querySelector("div:not([hidden]) > label");
    }
    const found = options.querySelector("div:not([hidden]) > label");
    options.hidden = !found;
    nothing.textContent = found ? "" : `Aucun résultat pour «\u00a0${filter.value.trim()}\u00a0».`;
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it filters, it does not send the form
  });
}

document.querySelectorAll("[data-choices]").forEach(enhance);
