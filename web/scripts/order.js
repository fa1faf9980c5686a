/*
 * The form of an offering: after each answer the server says what is asked now, and only what differs is exchanged; what was typed
 * and where the cursor stands stay. Without it a button does the same.
 */
const WAIT_MS = 60;
let timer = 0, abort;

/* Two forms of the same question: kept when nothing but the answer differs. */
function shape(node) {
	const copy = node.cloneNode(true);
	for (const input of copy.querySelectorAll("input, option")) {
		input.removeAttribute("checked");
		input.removeAttribute("selected");
		if (input.type !== "radio" && input.type !== "checkbox" && input.tagName !== "OPTION") input.removeAttribute("value");
		for (const name of [...input.getAttributeNames()]) if (name.startsWith("aria-") || name === "role" || name === "id") input.removeAttribute(name);
	}
	for (const area of copy.querySelectorAll("textarea")) area.textContent = "";
	return copy.textContent.replace(/\s+/g, " ") + [...copy.querySelectorAll("input, select, textarea, option")].map((one) => `${one.name}=${one.value}`).join("&");
}

function exchange(form, fresh, touched) {
	const before = new Map([...form.querySelectorAll("[data-question]")].map((node) => [node.dataset.question, node]));
	const active = document.activeElement;
	for (const node of fresh.querySelectorAll("#order-questions [data-question]")) {
		const old = before.get(node.dataset.question);
		if (old && (shape(old) === shape(node) || old.contains(touched))) node.replaceWith(old);
	}
	for (const id of ["order-questions", "order-carried", "order-summary"]) {
		const old = form.querySelector(`#${id}`), now = fresh.querySelector(`#${id}`);
		if (old && now) old.replaceChildren(...document.adoptNode(now).childNodes);
	}
	if (active && active !== document.activeElement && form.contains(active)) active.focus({ preventScroll: true });
	form.dispatchEvent(new CustomEvent("reeve:changed", { bubbles: true }));
}

async function look(form, touched, extra) {
	abort?.abort();
	abort = new AbortController();
	const body = new URLSearchParams();
	for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "_key") body.append(name, value);
	body.set("go", "stay");
	if (extra) body.set("more", extra);
	const answer = await fetch(form.dataset.order, { method: "POST", body, headers: { Accept: "text/html" }, signal: abort.signal }).catch(() => null);
	const found = answer?.ok ? await answer.text().catch(() => null) : null;
	const fresh = found && new DOMParser().parseFromString(found, "text/html").querySelector("form[data-order]");
	if (fresh) exchange(form, fresh, touched);
	return Boolean(fresh);
}

document.addEventListener("change", (event) => {
	const form = event.target.closest?.("form[data-order]");
	if (!form || !event.target.closest("[data-question]")) return;
	clearTimeout(timer);
	timer = setTimeout(() => look(form, event.target), WAIT_MS);
});

document.addEventListener("click", async (event) => {
	const button = event.target.closest("[data-order-more]");
	const form = button?.closest("form[data-order]");
	if (!form) return;
	event.preventDefault();
	if (await look(form, null, button.value))
		[...form.querySelectorAll(`[data-question="${CSS.escape(button.value)}"] .question-row:last-of-type input`)].at(0)?.focus();
});
