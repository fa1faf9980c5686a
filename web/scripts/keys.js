/*
 * The keyboard: single keys outside of inputs only, without modifiers, and off where the person has switched them off. Every key
 * does what a visible button or link does.
 */
const off = document.body.dataset.keys === "off";

function inField(target) {
	if (target.type === "checkbox") return false;
	return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

function row(step) {
	const links = [...document.querySelectorAll(".records .title-link, .approvals .title-link")];
	if (links.length === 0) return;
	const at = links.indexOf(document.activeElement.closest("tr, li")?.querySelector(".title-link"));
	const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
	links[next].focus();
}

/* The box of the row that one is in; it keeps the place. */
function pick() {
	const box = document.activeElement.closest("tr, li")?.querySelector("input[type=checkbox][form]");
	box?.click();
}

function compose(mode) {
	const form = document.querySelector("form[data-composer]");
	const button = form?.querySelector(`button[name=visibility][value=${mode}]`);
	if (!button) return;
	setMode(form, mode);
	const area = form.querySelector("textarea");
	area.focus();
	form.scrollIntoView({ block: "nearest" });
}

/* The button that Ctrl+Enter presses is the one that is ringed, and the ground says the same. */
function setMode(form, mode) {
	form.dataset.mode = mode;
	form.classList.toggle("noting", mode === "internal");
	for (const button of form.querySelectorAll("button[name=visibility]")) button.classList.toggle("chosen", button.value === mode);
}

/* A step that asks opens, with the focus in its first field; one that does not is taken. */
function step(name) {
	const button = document.querySelector(`[popovertarget="step-${name}"]`) ?? document.querySelector(`form[action$="/transitions/${name}"] button`);
	button?.click();
	document.querySelector(`#step-${name}:popover-open`)?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

const actions = {
	"/": () => document.getElementById("global-q")?.focus(),
	c: () => document.querySelector("[data-create]")?.click(),
	j: () => row(1),
	k: () => row(-1),
	x: pick,
	f: () => document.querySelector(".filter-box input")?.focus(),
	r: () => compose("public"),
	n: () => compose("internal"),
	a: () => step("assign"),
	e: () => document.querySelector("a[href$='/edit']")?.click(),
	w: () => document.querySelector("form[action$='/watch'] button")?.click(),
	"?": () => document.getElementById("keys")?.showModal(),
};

document.addEventListener("keydown", (event) => {
	if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
	if (event.key === "Escape" && inField(event.target)) {
		event.target.blur();
		return;
	}
	if (off || inField(event.target) || document.querySelector("dialog[open], [popover]:popover-open")) return;
	const action = actions[event.key];
	if (!action) return;
	event.preventDefault();
	action();
});
