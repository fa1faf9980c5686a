/*
 * The form of an offering: after each answer the server says what is asked now, and only what differs is exchanged; what was typed
 * and where the cursor stands stay. Without it a button does the same.
 */
const WAIT_MS = 60;
let timer = 0, abort;
/* The group that shall get another line: a later look must not forget it. */
let wanted = null;

/* Two forms of the same question: kept when nothing but the answer differs. */
function shape(node) {
	const copy = node.cloneNode(true);
	for (const input of copy.querySelectorAll("input, option")) {
		input.removeAttribute("checked");
		input.removeAttribute("selected");
		/* A copy holds what was typed, whatever its attribute says. */
		if (input.type !== "radio" && input.type !== "checkbox" && input.tagName !== "OPTION") input.value = "";
		for (const name of [...input.getAttributeNames()]) if (name.startsWith("aria-") || name === "role" || name === "id") input.removeAttribute(name);
	}
	for (const area of copy.querySelectorAll("textarea")) area.value = area.textContent = "";
	return copy.textContent.replace(/\s+/g, " ") + [...copy.querySelectorAll("input, select, textarea, option")].map((one) => (one.tagName === "SELECT" ? one.name : `${one.name}=${one.value}`)).join("&");
}

const isBox = (one) => one.type === "checkbox" || one.type === "radio";

/* What was typed or chosen after the form was sent to be looked at: the answer does not know it. */
function typedSince(form, posted) {
	return [...form.querySelectorAll("[data-question]")].flatMap((node) => [...node.querySelectorAll("input, select, textarea")])
		.filter((one) => one.name && (isBox(one) ? one.checked !== posted.getAll(one.name).includes(one.value) : !posted.getAll(one.name).includes(one.value)))
		.map((one) => ({ name: one.name, value: one.value, checked: one.checked, box: isBox(one) }));
}

function typeAgain(form, typed) {
	for (const { name, value, checked, box } of typed)
		for (const one of form.querySelectorAll(`[name="${CSS.escape(name)}"]`))
			if (!box) one.value = value;
			else if (one.value === value) one.checked = checked;
}

function exchange(form, fresh, touched, posted) {
	const typed = typedSince(form, posted);
	const before = new Map([...form.querySelectorAll("[data-question]")].map((node) => [node.dataset.question, node]));
	const active = document.activeElement;
	for (const node of fresh.querySelectorAll("#order-questions [data-question]")) {
		/* What stood in a group that was kept as a whole is there already. */
		const old = fresh.contains(node) ? before.get(node.dataset.question) : null;
		/* A line of a group may ask more after an answer in it. */
		const answering = old?.contains(touched) && !old.matches(".question-group");
		if (old && (answering || shape(old) === shape(node))) node.replaceWith(old);
	}
	for (const id of ["order-questions", "order-carried", "order-summary"]) {
		const old = form.querySelector(`#${id}`), now = fresh.querySelector(`#${id}`);
		if (old && now) old.replaceChildren(...document.adoptNode(now).childNodes);
	}
	typeAgain(form, typed);
	const same = form.contains(active) ? active : active?.name && [...form.querySelectorAll(`#order-questions [name="${CSS.escape(active.name)}"]`)].find((one) => !isBox(one) || one.value === active.value);
	if (same && same !== document.activeElement) same.focus({ preventScroll: true });
	form.dispatchEvent(new CustomEvent("reeve:changed", { bubbles: true }));
}

async function look(form, touched, extra) {
	clearTimeout(timer);
	wanted = extra ?? wanted;
	abort?.abort();
	abort = new AbortController();
	const body = new URLSearchParams();
	for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "_key") body.append(name, value);
	body.set("go", "stay");
	if (wanted) body.set("more", wanted);
	const answer = await fetch(form.dataset.order, { method: "POST", body, headers: { Accept: "text/html" }, signal: abort.signal }).catch(() => null);
	const found = answer?.ok ? await answer.text().catch(() => null) : null;
	const fresh = found && new DOMParser().parseFromString(found, "text/html").querySelector("form[data-order]");
	if (fresh) {
		wanted = null;
		exchange(form, fresh, touched, body);
	}
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
