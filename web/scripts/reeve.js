/*
 * What every page needs: the menu of narrow screens, forms that are sent once, parts of pages that are fetched when they are wanted,
 * counts of the views. Pages work without any of it.
 */
const root = document.documentElement;
root.classList.remove("no-script");

/* ---- words: the server's, in the reader's language ---- */
const say = document.getElementById("say")?.dataset ?? {};

function words(name, values = {}) {
	return (say[name] ?? "").replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}

function toast(text) {
	const area = document.querySelector(".toast-area");
	if (!area || !text) return;
	const one = document.createElement("p");
	one.className = "toast";
	one.textContent = text;
	area.append(one);
	setTimeout(() => one.remove(), 6000);
}
document.addEventListener("reeve:say", (event) => toast(words(event.detail.name, event.detail.values)));

/* ---- menu ---- */
document.addEventListener("click", (event) => {
	const button = event.target.closest("[data-act=menu]");
	if (!button) return;
	const open = document.getElementById("rail").classList.toggle("open");
	button.setAttribute("aria-expanded", String(open));
});

/* ---- forms: pressed at once, sent once ---- */
document.addEventListener("submit", (event) => {
	const form = event.target;
	if (event.defaultPrevented || form.method !== "post") return;
	if (form.dataset.sent) {
		event.preventDefault();
		return;
	}
	form.dataset.sent = "yes";
	event.submitter?.setAttribute("aria-busy", "true");
});

function freshKey() {
	const bytes = crypto.getRandomValues(new Uint8Array(12));
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* Back from the next page: what is sent now is something new. */
addEventListener("pageshow", (event) => {
	if (!event.persisted) return;
	for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
	for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
	for (const key of document.querySelectorAll("input[name=_key]")) key.value = freshKey();
});

/* ---- sending by keyboard ---- */
document.addEventListener("keydown", (event) => {
	if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
	const form = event.target.closest?.("form");
	if (!form || form.method !== "post") return;
	event.preventDefault();
	/* A reason against it must never be sent as a vote for it. */
	const answers = form.querySelectorAll("button[name=vote]");
	if (answers.length > 1) {
		answers[0].focus();
		return;
	}
	if (!("composer" in form.dataset)) {
		form.requestSubmit(form.querySelector("button.primary, button:not([type=button])"));
		return;
	}
	/* Who has not said for whom it is only gets to the buttons: a note must never go out by a habit of the fingers. */
	const buttons = [...form.querySelectorAll("button[name=visibility]")];
	const chosen = buttons.length === 1 ? buttons[0] : buttons.find((button) => button.value === form.dataset.mode);
	if (chosen) form.requestSubmit(chosen);
	else buttons[0]?.focus();
});

/* ---- several at once: boxes anywhere on the page belong to one form ---- */
function boxesOf(form) {
	return [...document.querySelectorAll(`input[type=checkbox][form="${form.id}"]`)];
}

function countChosen(form) {
	const boxes = boxesOf(form);
	const chosen = boxes.filter((box) => box.checked).length;
	const all = form.querySelector("[data-all]");
	if (all) all.indeterminate = chosen > 0 && chosen < boxes.length;
	if (all) all.checked = chosen === boxes.length;
	const told = form.querySelector("[data-chosen]");
	/* Out of the way until there is something to do. */
	if ("quiet" in form.dataset) form.classList.toggle("idle", chosen === 0);
	if (told) told.textContent = chosen ? words("chosen", { n: chosen }) : "";
}

document.addEventListener("change", (event) => {
	const form = event.target.form;
	if (!form || !("several" in form.dataset) || event.target.type !== "checkbox") return;
	if ("all" in event.target.dataset) for (const box of boxesOf(form)) box.checked = event.target.checked;
	countChosen(form);
});
for (const form of document.querySelectorAll("form[data-several]")) countChosen(form);

/* ---- files: their names beside the button ---- */
document.addEventListener("change", (event) => {
	const input = event.target;
	if (input.type !== "file") return;
	const label = input.closest("label")?.querySelector("span");
	if (label && input.files.length) label.textContent = [...input.files].map((file) => file.name).join(", ");
});

/* Pasted pictures become files of the composer. */
document.addEventListener("paste", (event) => {
	const input = event.target.closest?.("form[data-composer]")?.querySelector("input[type=file]");
	if (!input || !event.clipboardData?.files.length) return;
	const all = new DataTransfer();
	for (const file of [...input.files, ...event.clipboardData.files]) all.items.add(file);
	input.files = all.files;
	input.dispatchEvent(new Event("change", { bubbles: true }));
	event.preventDefault();
});

/* ---- parts ---- */
async function fetchPage(href) {
	const answer = await fetch(href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
	if (!answer.ok || answer.redirected) return null;
	return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function loadPart(element) {
	const page = await fetchPage(element.dataset.load).catch(() => null);
	const part = page?.getElementById(element.dataset.take);
	if (!part) return;
	const body = document.createElement("div");
	body.className = "body";
	body.append(document.adoptNode(part));
	element.append(body);
}

const wanted = new IntersectionObserver((entries) => {
	for (const entry of entries) {
		if (!entry.isIntersecting) continue;
		wanted.unobserve(entry.target);
		loadPart(entry.target);
	}
}, { rootMargin: "200px" });
for (const element of document.querySelectorAll("[data-load]")) wanted.observe(element);

document.addEventListener("click", async (event) => {
	const link = event.target.closest("a[data-part]");
	if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
	event.preventDefault();
	const page = await fetchPage(link.href).catch(() => null);
	const part = page?.getElementById(link.dataset.part);
	if (part) document.getElementById(link.dataset.part).replaceWith(document.adoptNode(part));
	else location.href = link.href;
});

/* ---- counts of the views ---- */
const COUNTS_MS = 10000;

function showCounts(counts) {
	for (const element of document.querySelectorAll("[data-count]"))
		if (element.dataset.count in counts) element.textContent = counts[element.dataset.count];
}

async function count(type) {
	const key = `counts:${type}`;
	const known = JSON.parse(sessionStorage.getItem(key) ?? "null");
	if (known) showCounts(known.counts);
	if (known && Date.now() - known.at < COUNTS_MS) return;
	const answer = await fetch(`/${type}/view-counts`, { headers: { Accept: "application/json" } }).catch(() => null);
	if (!answer?.ok) return;
	const { counts } = await answer.json();
	sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), counts }));
	showCounts(counts);
}

function countAll() {
	const types = new Set([...document.querySelectorAll("[open] [data-count]")].map((element) => element.dataset.count.split("/")[0]));
	for (const type of types) count(type);
}
countAll();
for (const group of document.querySelectorAll("details.rail-group")) group.addEventListener("toggle", () => group.open && countAll());

/* Something changed: the counts follow, at most once in ten seconds. */
let later = 0;
document.addEventListener("reeve:count", (event) => {
	if (later || !document.querySelector(`[data-count^="${CSS.escape(event.detail)}/"]`)) return;
	later = setTimeout(() => {
		later = 0;
		if (document.visibilityState === "visible") countAll();
	}, COUNTS_MS + Math.random() * 2000);
});
