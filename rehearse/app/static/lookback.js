// What the pages about past talks do for themselves: filters that answer while somebody types, places inside folded parts, printing.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);

  // A place may lie inside a folded part: unfold what is around it before going there.
  function unfold(goal) {
    for (let part = goal.parentElement?.closest("details"); part; part = part.parentElement?.closest("details")) part.open = true;
  }
  const goalOf = (hash) => (hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null);
  document.addEventListener("click", (event) => {
    const jump = event.target.closest?.("#lookback a[href^='#'], #progress a[href^='#']");
    const goal = jump && goalOf(jump.getAttribute("href"));
    if (goal) unfold(goal);
    if (event.target.closest?.("[data-print]")) window.print();
  }, true);

  // The page's parts arrive after the page: go to the place that the address names once it is there.
  let there = false;
  function arrive() {
    const goal = there ? null : goalOf(location.hash);
    if (!goal || !goal.closest("#lookback, #progress, #guidance")) return;
    there = true;
    unfold(goal);
    goal.tabIndex = -1;
    goal.scrollIntoView({ block: "center" });
    goal.focus({ preventScroll: true });
    goal.classList.add("pointed");
  }
  new MutationObserver(() => requestAnimationFrame(arrive)).observe(document.body, { childList: true, subtree: true });

  // History: the list follows the filters; the address keeps them, so that a reload and a bookmark find the same.
  let waiting = 0;
  let asked = 0;
  async function follow(form) {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const mine = ++asked;
    let html;
    try {
      const answer = await fetch(`part/history?${query}`);
      if (!answer.ok) throw new Error(answer.status);
      html = await answer.text();
    } catch { form.submit(); return; } // the page itself says what is wrong
    if (mine !== asked) return; // somebody typed on meanwhile
    const found = document.createElement("div");
    found.innerHTML = html;
    const place = $("#found-talks");
    if (!place) return;
    // The line that a screen reader listens to stays; only its words change.
    const count = $(".found-count", found);
    const line = $(".found-count", place);
    if (count && line && line.textContent !== count.textContent) line.textContent = count.textContent;
    $("ul.talks", place)?.replaceWith($("ul.talks", found));
    history.replaceState(null, "", query.size ? `${location.pathname}?${query}` : location.pathname); // whole: the page has a base of its own
  }
  function soon(event) {
    const form = event.target.closest?.("#talks form.filters");
    if (!form) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => follow(form), event.type === "input" ? 180 : 0);
  }
  document.addEventListener("input", soon);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("#talks form.filters")) return;
    event.preventDefault();
    soon(event);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("#progress form.filters");
    if (form) form.requestSubmit();
  });
})();
