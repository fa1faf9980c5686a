/*
 * Saves what is typed to the server every two seconds, per page: {part: {field: text}}. The server puts it back into the forms, so
 * that a reload, a crash or another device finds it again.
 */
const SAVE_MS = 2000;
/* Of the page, or of a form that was put into it later. */
let place = document.querySelector("[data-type]");
const forms = [...document.querySelectorAll("form[data-draft]")];
const dirty = new Set(forms.filter((form) => "restored" in form.dataset));
let timer = 0;
let saved = "";

function fieldsOf(form) {
	const fields = {};
	for (const [name, value] of new FormData(form))
		if (typeof value === "string" && name !== "_key" && !name.endsWith("[]")) fields[name] = value;
	/* Secrets are not kept anywhere but where they belong. */
	for (const secret of form.querySelectorAll("input[type=password]")) delete fields[secret.name];
	for (const box of form.querySelectorAll("input[type=checkbox]:not(:checked)")) fields[box.name] = "false";
	return fields;
}

function isEmpty(fields) {
	return Object.entries(fields).every(([name, value]) => name.startsWith("_") || value.trim() === "");
}

function body(form) {
	const parts = {};
	for (const one of dirty) {
		if (one.dataset.draft !== form || one.dataset.sent) continue;
		const fields = fieldsOf(one);
		if (!isEmpty(fields)) parts[one.dataset.part] = fields;
	}
	const draft = Object.keys(parts).length ? JSON.stringify(parts) : "";
	return new URLSearchParams({ type: place.dataset.type, number: place.dataset.number ?? "", form, draft });
}

async function save() {
	clearTimeout(timer);
	timer = 0;
	const all = [...new Set([...dirty].map((form) => form.dataset.draft))].map((form) => body(form));
	const now = all.join("\n");
	if (now === saved) return;
	saved = now;
	let kept = true;
	for (const one of all) {
		const answer = await fetch("/drafts", { method: "POST", body: one, keepalive: true, credentials: "same-origin" }).catch(() => null);
		kept &&= answer?.ok ?? false;
	}
	if (!kept) saved = "";
	const say = document.getElementById("say")?.dataset ?? {};
	for (const note of document.querySelectorAll("[data-draft-note]")) note.textContent = kept ? say.draft : say.nodraft;
}

document.addEventListener("input", (event) => {
	const form = event.target.closest?.("form[data-draft]");
	place ??= form?.closest("[data-type]") ?? null;
	if (!form || !place) return;
	form.dataset.dirty = "yes";
	dirty.add(form);
	timer ||= setTimeout(save, SAVE_MS);
});
document.addEventListener("submit", (event) => {
	/* What is sent is forgotten by the server with it: a late save must not bring it back. */
	if (event.target.dataset?.draft) {
		clearTimeout(timer);
		timer = 0;
		dirty.delete(event.target);
	}
});
document.addEventListener("visibilitychange", () => {
	if (document.visibilityState === "hidden" && timer) save();
});
addEventListener("pagehide", () => {
	if (timer) save();
});
