// Everything works without this file; it only makes pages livelier.
"use strict";
(() => {
  // A form sent by its own choice: language, filters.
  for (const control of document.querySelectorAll("[data-send]")) {
    control.addEventListener("change", () => control.form.requestSubmit());
    control.form.querySelector("[data-fallback]")?.setAttribute("hidden", "");
  }
  // What is new is told, never forced upon whoever reads.
  const live = document.querySelector("[data-live]");
  if (live && window.EventSource) {
    const events = new EventSource("/events");
    events.addEventListener(live.dataset.live, () => { live.hidden = false; });
  }
  // The set-up link carries its secret behind the hash, where no server and no log sees it.
  const ticket = document.querySelector("input[name=ticket][id=ticket]");
  if (ticket && location.hash.length > 1) {
    ticket.value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
  }
  // A form is sent once.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", () => {
      setTimeout(() => { for (const button of form.querySelectorAll("button")) button.disabled = true; });
    });
  }
  addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("form[method=post] button:disabled")) button.disabled = false;
  });
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  // Clocks run on by the server's time, whatever this machine's clock shows.
  const clocks = document.querySelectorAll("[data-due]");
  if (clocks.length) {
    const began = performance.now();
    const two = (number) => String(number).padStart(2, "0");
    const show = () => {
      for (const clock of clocks) {
        const now = Number(clock.dataset.now) + Math.floor((performance.now() - began) / 1000);
        const left = Number(clock.dataset.due) - now, size = Math.abs(left);
        const text = Math.floor(size / 3600) + ":" + two(Math.floor(size / 60) % 60) + ":" + two(size % 60);
        clock.textContent = (left < 0 ? clock.dataset.over : clock.dataset.left) + " " + text;
        clock.classList.toggle("bad", left < 300);
      }
    };
    setInterval(show, 1000);
    show();
  }

  // What is filled in is saved while it is filled in.
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const told = form.querySelector("[data-saved]");
    let timer, chain = Promise.resolve();
    const save = async () => {
      const fields = new URLSearchParams(new FormData(form));
      fields.set("auto", "1");
      const answer = await fetch(form.action, { method: "POST", body: fields });
      if (!answer.ok) throw new Error(answer.status);
      const { version } = await answer.json();
      form.elements.version.value = version;
      if (told) told.textContent = form.dataset.autosave + " " + new Date().toLocaleTimeString();
    };
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => { chain = chain.then(save).catch(() => { if (told) told.textContent = form.dataset.failed; }); }, 1500);
    });
    form.addEventListener("submit", () => clearTimeout(timer));
  }

  // Security keys and passkeys (WebAuthn).
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const key = document.querySelector("form[data-webauthn]");
  if (key && window.PublicKeyCredential) {
    key.hidden = false;
    const options = JSON.parse(key.dataset.options);
    key.addEventListener("submit", async (event) => {
      if (key.elements.credential.value) return;
      event.preventDefault();
      const fail = key.querySelector("[data-failed]");
      try {
        options.challenge = bytes(options.challenge);
        if (options.user) options.user.id = bytes(options.user.id);
        for (const list of [options.excludeCredentials, options.allowCredentials]) for (const item of list ?? []) item.id = bytes(item.id);
        const made = key.dataset.webauthn === "create"
          ? await navigator.credentials.create({ publicKey: options })
          : await navigator.credentials.get({ publicKey: options });
        const response = { clientDataJSON: text(made.response.clientDataJSON) };
        for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
          if (made.response[name]) response[name] = text(made.response[name]);
        }
        key.elements.credential.value = JSON.stringify({ id: made.id, type: made.type, response });
        key.requestSubmit();
      } catch (error) {
        options.challenge = key.dataset.options && JSON.parse(key.dataset.options).challenge;
        Object.assign(options, JSON.parse(key.dataset.options));
        if (fail) fail.hidden = false;
        for (const button of key.querySelectorAll("button")) button.disabled = false;
      }
    });
  }
})();
