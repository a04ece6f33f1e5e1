/* A file is sent as soon as it is chosen, with its progress; without this script a button sends it.
   Each slot sends by itself: the failure of one never touches the others. A file that is taken out
   leaves the page where it is, too: what is typed in another form and not saved stays there. */

const LOST = "L’envoi a été interrompu\u00a0: vérifiez votre connexion, puis choisissez à nouveau le fichier.";
const REFUSED = "La plateforme n’a pas pu prendre ce fichier. Rechargez la page, puis réessayez.";
const WAITING = "Un autre de vos fichiers est en cours de vérification\u00a0: celui-ci part dans un instant.";
/** How often, and after how many milliseconds, a file is sent again while others are checked. */
const TRIES = 30;
const PAUSE = 2000;
const SIGNED_OUT = "Votre session a pris fin\u00a0: reconnectez-vous dans un autre onglet, rechargez cette page, puis choisissez à nouveau le fichier.";

/** Add an element at the end of another and return it. */
function add(parent, tag, properties) {
  const element = Object.assign(document.createElement(tag), properties);
  parent.append(element);
  return element;
}

/** Bring the reader back to a field after an answer, unless they have gone on to another one. */
function bringBack(slot, field) {
  const at = document.activeElement;
  if (field && (at === document.body || slot.contains(at))) field.focus();
}

/** What a request was answered, or null when it was not the answer to an upload. */
function read(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null;
  }
}

/** Show a slot as the server says it is now, and what that means for the whole. */
function renew(slot, answer, said) {
  slot.innerHTML = answer.html;
  slot.parentElement.querySelector("[data-said]").textContent = said;
  enhance(slot);
  const summary = document.querySelector("[data-summary]");
  if (summary && answer.summary) summary.innerHTML = answer.summary;
  bringBack(slot, slot.querySelector("[type=file]"));
}

/** Take a file out; where the answer is not a slot (session ended, other organisation), as a page. */
function takeOut(slot, event) {
  const form = event.target;
  event.preventDefault();
  if (slot.querySelector("[data-progress]")) return; // what is being sent would be lost to sight
  form.querySelector("[type=submit]").disabled = true;
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "upload");
  request.addEventListener("error", () => form.submit());
  request.addEventListener("load", () => {
    const answer = read(request);
    if (answer?.html) renew(slot, answer, request.status === 200 ? answer.said : "");
    else form.submit();
  });
  request.send(new FormData(form));
}

function enhance(slot) {
  for (const removal of slot.querySelectorAll("[data-removal]")) {
    removal.addEventListener("submit", (event) => takeOut(slot, event));
  }
  const form = slot.querySelector("[data-upload]");
  if (!form) return;
  const input = form.querySelector("[type=file]");
  const said = slot.parentElement.querySelector("[data-said]");
  form.querySelector("[type=submit]").parentElement.hidden = true;

  /** What was wrong with the file chosen before. */
  const forget = () => {
    const field = input.closest(".field");
    field.classList.remove("wrong");
    field.querySelector(".errorlist")?.remove();
    input.removeAttribute("aria-invalid");
    input.setAttribute("aria-describedby", `${input.id}_helptext`);
  };

  /** Show what is wrong as the server does: in red, beside the field. */
  const fail = (words) => {
    form.querySelector("[data-progress]")?.remove();
    input.disabled = false;
    input.value = "";
    said.textContent = "";
    const field = input.closest(".field");
    field.classList.add("wrong");
    const error = add(field, "p", { className: "errorlist", id: `${input.id}_error`, role: "alert" });
    error.textContent = words;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", `${input.id}_helptext ${error.id}`);
    bringBack(slot, input);
  };

  const send = () => {
    const file = input.files[0];
    if (!file) return;
    forget();
    if (file.size > Number(input.dataset.limit)) {
      fail(input.dataset.tooLarge);
      return;
    }
    const data = new FormData(form);
    input.disabled = true;
    const box = add(form, "div", {});
    box.dataset.progress = "";
    const words = add(box, "p", { className: "small", id: `${input.id}_sending` });
    const bar = add(box, "progress", { max: 100, value: 0 });
    bar.setAttribute("aria-labelledby", words.id);
    words.textContent = `Envoi de ${file.name}`;
    said.textContent = `Envoi de ${file.name} en cours.`;
    post(file, data, bar, words, TRIES);
  };

  const post = (file, data, bar, words, tries) => {
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-Requested-With", "upload");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.value = Math.round((100 * event.loaded) / event.total);
      words.textContent = `Envoi de ${file.name}\u00a0: ${bar.value}\u00a0%`;
    });
    request.addEventListener("error", () => fail(LOST));
    request.addEventListener("load", () => {
      const answer = read(request);
      if (!answer) {
        fail(request.responseURL.includes("/compte/") ? SIGNED_OUT : REFUSED);
        return;
      }
      if (request.status === 429 && tries) {
        words.textContent = WAITING;
        said.textContent = WAITING;
        setTimeout(post, PAUSE, file, data, bar, words, tries - 1);
        return;
      }
      if (!answer.html) {
        fail(answer.said);
        return;
      }
      renew(slot, answer, request.status === 200 ? answer.said : "");
    });
    request.send(data);
  };

  input.addEventListener("change", send);
}

document.querySelectorAll("[data-slot]").forEach(enhance);
for (const words of document.querySelectorAll("[data-scripted]")) words.hidden = false;
