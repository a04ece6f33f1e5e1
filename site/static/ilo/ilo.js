/* What every page may use: the folding menu, closing a message, going to a form's errors. */

const menuButton = document.querySelector(".menu-button");

function openMenu(open) {
  menuButton.setAttribute("aria-expanded", String(open));
}

menuButton?.addEventListener("click", () => {
  openMenu(menuButton.getAttribute("aria-expanded") !== "true");
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menuButton?.getAttribute("aria-expanded") === "true") {
    openMenu(false);
    menuButton.focus();
  }
});

for (const button of document.querySelectorAll("[data-closes]")) {
  button.hidden = false; // it would do nothing without this script
  button.addEventListener("click", () => button.closest(button.dataset.closes).remove());
}

document.querySelector("[data-errors]")?.focus();
