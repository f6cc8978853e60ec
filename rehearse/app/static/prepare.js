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

// Forms that stay on the page: what is wrong is said beside the button, and the input that it is about gets the focus.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const leads = (answer) => { if (answer.go) location.assign(answer.go); };

  function complain(form, words, field) {
    const place = $(".form-notice", form);
    place.textContent = words;
    place.hidden = !words;
    for (const old of form.querySelectorAll("[aria-invalid]")) old.removeAttribute("aria-invalid");
    const input = field && form.elements.namedItem(field);
    if (input instanceof HTMLElement) { input.setAttribute("aria-invalid", "true"); input.focus(); }
  }

  async function send(form, button) {
    const label = button.textContent;
    button.disabled = true;
    button.textContent = button.dataset.busy;
    complain(form, "");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const told = await answer.json();
      if (told.go) { leads(told); return; }
      complain(form, told.error, told.field);
    } catch {
      complain(form, button.dataset.lost);
    }
    button.disabled = false;
    button.textContent = label;
    if (document.activeElement === document.body) button.focus();
  }

  // A document: sent as the body of the request, and read in while the answer tells how far it is.
  async function follow(form, answer) {
    const bar = $(".upload-progress", form);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) { // a refusal is one line without an end, and is read after the loop
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines.filter(Boolean)) {
        const told = JSON.parse(line);
        problem(told);
        if (told.of) { $("progress", bar).max = told.of; $("progress", bar).value = told.done; $("[role=status]", bar).textContent = told.words; }
        if (told.go) { leads(told); return true; }
      }
    }
    if (rest) problem(JSON.parse(rest));
    return false;
  }

  function problem(told) { if (told.error) throw new Error(told.error); }

  async function upload(form, address, body) {
    const button = $("button[type=submit]", form);
    const bar = $(".upload-progress", form);
    button.disabled = true;
    bar.hidden = false;
    $("progress", bar).removeAttribute("value");
    $("[role=status]", bar).textContent = form.dataset.sending;
    complain(form, "");
    let trouble = form.dataset.lost;
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { "content-type": "application/octet-stream" } });
      if (answer.ok) {
        try { if (await follow(form, answer)) return; } catch (error) { trouble = error.message || trouble; }
      } else {
        trouble = (await answer.json()).error;
      }
    } catch { /* the program could not be reached */ }
    bar.hidden = true;
    button.disabled = false;
    button.focus();
    complain(form, trouble);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form[data-send]")) {
      event.preventDefault();
      const button = event.submitter || $("button[type=submit]", form);
      if (!button.disabled) send(form, button);
    }
    if (form.matches("form[data-upload]")) {
      event.preventDefault();
      const file = $("input[type=file]", form).files[0];
      if (!file) { complain(form, form.dataset.none); $("input[type=file]", form).focus(); return; }
      if (file.size > Number(form.dataset.most)) { complain(form, form.dataset.tooLarge); return; }
      const query = new URLSearchParams({ name: file.name, title: $("input[type=text]", form).value });
      upload(form, `${form.action}?${query}`, file);
    }
  });

  // A document whose reading was broken off is read in when the page is opened again.
  new MutationObserver(() => {
    const form = $("form[data-upload][data-waiting]");
    if (!form) return;
    delete form.dataset.waiting;
    upload(form, "do/guidance-ready", null);
  }).observe(document.body || document.documentElement, { childList: true, subtree: true });
})();

// Choosing: how many worries the chosen person brings, in the chosen talk, at each difficulty.
(() => {
  "use strict";
  function count(form) {
    const scenario = form.querySelector("input[name=scenario]:checked");
    const person = form.querySelector("input[name=persona]:checked")?.closest(".person");
    const worries = person && scenario && JSON.parse(person.dataset.worries)[scenario.value];
    if (!worries) return;
    for (const place of form.querySelectorAll(".level-worries")) {
      const n = worries[place.dataset.level];
      const words = n === 1 ? place.dataset.one : place.dataset.other.replace("#", n);
      if (place.textContent !== words) place.textContent = words;
    }
  }
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form.prepare");
    if (form) setTimeout(() => count(form)); // after the choice has been put right
  });
})();
