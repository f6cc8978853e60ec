// Preparing: a sheet that saves itself as it is typed, and forms that say beside themselves what went wrong.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const PAUSE = 500;

  // The sheet: what is typed is mirrored on the card and saved after a pause, one save after the other.
  let timer = 0;
  let saving = Promise.resolve();
  let unsaved = null;

  function mirror(box) {
    const place = document.getElementById(box.dataset.mirrors);
    if (!place) return;
    place.textContent = box.value.trim();
    place.parentElement.hidden = !box.value.trim();
    const none = $(".card-empty");
    if (none) none.hidden = $$("[data-mirrors]").some((other) => other.value.trim());
  }

  function state(form, name) {
    const line = $(".saved", form);
    if (line) { line.textContent = line.dataset[name]; line.classList.toggle("failed", name === "failed"); }
  }

  function typed(form) {
    const body = new URLSearchParams(new FormData(form));
    body.set("stay", "1");
    return body;
  }

  function save(form) {
    clearTimeout(timer);
    if (unsaved !== form) return;
    unsaved = null;
    const body = typed(form);
    saving = saving.then(async () => {
      try {
        const answer = await fetch(form.action, { method: "POST", body, keepalive: true });
        if (!answer.ok) throw new Error(String(answer.status));
        if (unsaved === null) state(form, "saved");
      } catch {
        unsaved = form;
        state(form, "failed");
      }
    });
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-autosave]");
    if (!form) return;
    if (event.target.dataset.mirrors) mirror(event.target);
    unsaved = form;
    state(form, "saving");
    clearTimeout(timer);
    timer = setTimeout(() => save(form), PAUSE);
  });
  addEventListener("pagehide", () => {
    if (unsaved) navigator.sendBeacon(unsaved.action, typed(unsaved));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-autosave]")) { clearTimeout(timer); unsaved = null; }
  }, true);
})();
