// Asks for the page again, and puts in place only what has changed, so that nothing
// flickers, and what is open or scrolled stays so.
"use strict";
(() => {
  const pause = 2000;
  const status = document.getElementById("status");
  const button = document.getElementById("pause");
  let paused = false;
  let timer = 0;

  // update makes the children of an element what those of another are.
  function update(old, next) {
    if (old.isEqualNode(next)) return;
    if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName) {
      old.replaceWith(next.cloneNode(true));
      return;
    }
    if (old.nodeType === Node.TEXT_NODE) {
      old.nodeValue = next.nodeValue;
      return;
    }
    for (const name of next.getAttributeNames()) {
      if (old.getAttribute(name) !== next.getAttribute(name)) old.setAttribute(name, next.getAttribute(name));
    }
    for (const name of old.getAttributeNames()) {
      // What is open was opened here.
      if (name !== "open" && !next.hasAttribute(name)) old.removeAttribute(name);
    }
    const from = [...old.childNodes], to = [...next.childNodes];
    to.forEach((child, i) => { if (i < from.length) update(from[i], child); else old.append(child.cloneNode(true)); });
    from.slice(to.length).forEach((child) => child.remove());
  }

  async function refresh() {
    clearTimeout(timer);
    if (paused || document.hidden) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(20000) });
      if (!answer.ok) throw new Error(answer.status);
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const selection = String(getSelection());
      if (!selection) update(document.querySelector("main"), next.querySelector("main"));
      status.textContent = next.getElementById("status").textContent;
      status.classList.remove("stale");
    } catch {
      status.textContent = "The program does not answer.";
      status.classList.add("stale");
    }
    timer = setTimeout(refresh, pause);
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  timer = setTimeout(refresh, pause);
})();
