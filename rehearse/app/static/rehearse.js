// What the page does for itself: landmarks and titles, choices on the first page, drafts, the live region, folded notes.
// Nothing here is trusted: the transcript, and what may be done with it, live on the server.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const store = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* full or forbidden */ } },
  };

  if (store.get("rehearse-notes") === "hidden") document.documentElement.dataset.notes = "hidden";

  const live = document.createElement("div");
  live.className = "sr-only";
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  document.body.append(live);

  // The page: title, current place, skip link, one main landmark with a name to jump to.
  function frame() {
    const data = $(".page-data");
    if (!data) return;
    if (document.documentElement.lang !== data.dataset.lang) document.documentElement.lang = data.dataset.lang;
    if (document.title !== data.dataset.title) document.title = data.dataset.title;
    const nav = $(".nav-holder nav");
    if (nav && !nav.getAttribute("aria-label")) nav.setAttribute("aria-label", data.dataset.main);
    for (const link of $$(".nav-holder nav a")) {
      const here = new URL(link.href).pathname.split("/").pop() === data.dataset.current;
      here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
    const main = $("main");
    if (main && !$(".skip-link")) {
      main.id = "main";
      main.tabIndex = -1;
      const skip = document.createElement("a");
      skip.className = "skip-link";
      skip.href = "#main";
      skip.textContent = data.dataset.skip;
      document.body.prepend(skip);
    }
  }

  // Prepare: only those who can play the chosen scenario, and its brief.
  function choose(form) {
    const scenario = $("input[name=scenario]:checked", form);
    if (!scenario) return;
    for (const card of $$(".person", form)) {
      card.hidden = !card.dataset.scenarios.split(" ").includes(scenario.value);
    }
    for (const brief of $$("[data-brief]", form)) brief.hidden = brief.dataset.brief !== scenario.value;
    const chosen = $("input[name=persona]:checked", form);
    if (!chosen || chosen.closest(".person").hidden) {
      const other = $(`input[name=persona][value="${CSS.escape(scenario.dataset.default)}"]`, form);
      if (other) other.checked = true;
    }
    const first = $(`input[name=persona][value="${CSS.escape(scenario.dataset.default)}"]`, form)?.closest(".person");
    if (first && first.parentElement.firstElementChild !== first) first.parentElement.prepend(first);
    const meets = $(".begin-with strong", form);
    const name = $("input[name=persona]:checked", form)?.closest(".person").querySelector(".card-title").textContent || "";
    if (meets && meets.textContent !== name) meets.textContent = name;
  }

  // Stage: the draft stays in this browser until its words have arrived.
  const rehearsal = () => new URLSearchParams(location.search).get("rehearsal") || "";
  const draftKey = () => `rehearse-draft-${rehearsal()}`;
  // Beside it, at which turn it was sent: where the answer could not come back, a later page sees that the words did arrive.
  const sentKey = () => `${draftKey()}-sent`;
  let turns = -1;
  const opened = new Set();

  // Deleting a talk also deletes what was typed in it and not sent.
  function forget(form) {
    const action = form.getAttribute("action");
    if (action === "do/delete") for (const end of ["", "-sent"]) store.set(`rehearse-draft-${form.elements.rehearsal.value}${end}`, "");
    if (!["do/delete-all", "do/delete-everything"].includes(action)) return;
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith("rehearse-draft-")) localStorage.removeItem(key);
    } catch { /* forbidden, so nothing is kept there */ }
  }

  function setWords(box, words) {
    box.value = words;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function stage() {
    const talk = $("#talk ol.talk");
    if (!talk || talk.dataset.seen) return;
    talk.dataset.seen = "1";
    for (const id of opened) { const note = document.getElementById(id); if (note) note.open = true; }
    const now = Number(talk.dataset.turns);
    const composer = $("#composer");
    if (composer) document.documentElement.style.scrollPaddingBottom = `${composer.offsetHeight + 16}px`;
    const box = $("#words textarea");
    if (turns < 0) {
      if (now > 0) talk.lastElementChild.scrollIntoView({ block: "end" });
    } else {
      if (now > turns) arrived(box);
      ($("#talk .compare") || talk.lastElementChild).scrollIntoView({ block: "end" });
    }
    turns = now;
    if (talk.dataset.announce) live.textContent = talk.dataset.announce;
    if (talk.dataset.ended !== undefined) { const over = $(".over a"); if (over && box) over.focus({ preventScroll: false }); }
  }
  let sent = null;

  // The box comes after the talk, and Gradio fills it once more; then the draft goes back in.
  function restore() {
    const box = $("#words textarea");
    if (!box || box.dataset.ready || turns < 0) return;
    box.dataset.ready = "1";
    if (!matchMedia("(max-width: 899px)").matches) box.focus({ preventScroll: true });
    const at = store.get(sentKey());
    if (at !== null && Number(at) < turns) { store.set(draftKey(), ""); store.set(sentKey(), ""); }
    const draft = store.get(draftKey());
    const again = (tries) => {
      if (!box.value && turns >= 0 && sent === null) setWords(box, draft);
      if (tries > 0) setTimeout(() => again(tries - 1), 80);
    };
    if (draft) again(3);
  }

  // The words that were sent have arrived; what was typed meanwhile goes back into the box that the answer emptied.
  function arrived(box) {
    const draft = store.get(draftKey()) || "";
    store.set(sentKey(), "");
    if (sent === null || draft === sent || !draft) { store.set(draftKey(), ""); return; }
    setTimeout(() => { if (box && !box.value) setWords(box, draft); }, 60);
  }

  function brief(open) {
    const side = $("#brief");
    if (!side) return;
    side.classList.toggle("open", open);
    for (const button of $$(".brief-open")) button.setAttribute("aria-expanded", String(open));
    (open ? $(".brief-close") : $(".brief-open"))?.focus();
  }

  document.addEventListener("input", (event) => {
    if (!event.target.closest?.("#words") || rehearsal().startsWith("off")) return; // off the record, nothing is kept
    store.set(draftKey(), event.target.value);
    store.set(sentKey(), "");
  });
  function send(box) {
    sent = box?.value ?? null;
    if (sent && !rehearsal().startsWith("off")) store.set(sentKey(), String(turns));
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest?.("#words")) {
      if (event.isComposing) event.stopPropagation(); // Enter that ends a word in an input method sends nothing
      else if (!event.shiftKey) send(event.target);
    }
    if (event.key === "Escape" && $("#brief.open")) brief(false);
  }, true);
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form.prepare");
    if (form) choose(form);
    if (event.target.matches?.(".hide-notes")) {
      const hide = event.target.checked;
      store.set("rehearse-notes", hide ? "hidden" : "");
      hide ? (document.documentElement.dataset.notes = "hidden") : delete document.documentElement.dataset.notes;
    }
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.note")) event.target.open ? opened.add(event.target.id) : opened.delete(event.target.id);
  }, true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
    forget(form);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#send")) send($("#words textarea"));
    if (event.target.closest?.(".brief-open")) brief(!$("#brief.open"));
    if (event.target.closest?.(".brief-close")) brief(false);
    const jump = event.target.closest?.("#lookback a[href^='#'], #ideas a[href^='#'], #found a[href^='#']");
    if (jump) {
      const goal = document.getElementById(decodeURIComponent(jump.getAttribute("href").slice(1)));
      if (goal) {
        event.preventDefault();
        const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
        goal.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
        goal.tabIndex = -1;
        goal.focus({ preventScroll: true });
        for (const old of $$(".pointed")) old.classList.remove("pointed");
        goal.classList.add("pointed");
      }
    }
  });

  let jumped = false;
  function look() {
    frame();
    stage();
    restore();
    const form = $("form.prepare:not([data-ready])");
    if (form) { form.dataset.ready = "1"; choose(form); }
    const hide = $(".hide-notes:not([data-ready])");
    if (hide) { hide.dataset.ready = "1"; hide.checked = document.documentElement.dataset.notes === "hidden"; }
    if (!jumped && location.hash.length > 1) {
      const goal = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (goal && goal.closest("#ideas, #lookback")) { jumped = true; goal.scrollIntoView(); }
    }
  }
  let asked = false;
  new MutationObserver(() => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; look(); });
  }).observe(document.body, { childList: true, subtree: true });
  look();
})();
