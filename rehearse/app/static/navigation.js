// On narrow pages one button unfolds the places of the site; on wide ones they stand in a row and the button is not there.
(() => {
  "use strict";
  const button = () => document.querySelector(".menu-open");

  function add() {
    const data = document.querySelector(".page-data");
    const nav = document.querySelector(".nav-holder nav");
    if (!data || !nav || button()) return;
    const made = document.createElement("button");
    made.type = "button";
    made.className = "menu-open";
    made.textContent = data.dataset.menu;
    made.setAttribute("aria-expanded", "false");
    nav.prepend(made);
  }

  function unfold(open) {
    if (button() && (button().getAttribute("aria-expanded") === "true") !== open) button().setAttribute("aria-expanded", String(open));
  }

  document.addEventListener("click", (event) => {
    const mine = event.target.closest?.(".menu-open");
    unfold(Boolean(mine) && mine.getAttribute("aria-expanded") !== "true");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button()?.getAttribute("aria-expanded") !== "true") return;
    unfold(false);
    button().focus();
  });
  new MutationObserver(add).observe(document.body || document.documentElement, { childList: true, subtree: true });
})();
