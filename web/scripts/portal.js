/*
 * What makes the pages beside the records quicker: answers while somebody types into the portal's box, time zones to choose from, a
 * new token selected, notifications that are read when they are followed. All of it works without, too.
 */
const WAIT_MS = 180;

/* ---- the portal's box ---- */
const box = document.querySelector("[data-portal-box]");
if (box) {
	const input = box.querySelector("input");
	const answers = document.getElementById("portal-answers");
	let timer, abort;

	async function ask() {
		abort?.abort();
		abort = new AbortController();
		const answer = await fetch(`/?q=${encodeURIComponent(input.value.trim())}`,
			{ headers: { Accept: "text/html", "HX-Request": "true" }, signal: abort.signal }).catch(() => null);
		/* The next key may call it off while the answer is still coming. */
		const found = answer?.ok ? await answer.text().catch(() => null) : null;
		if (found === null) return;
		const page = new DOMParser().parseFromString(found, "text/html");
		answers.replaceChildren(...page.body.childNodes);
	}
	input.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(ask, WAIT_MS);
	});
	/* The form opens in place; the words in the box are its title. Where that fails, the link is followed. */
	async function report(link) {
		const way = new URL(link.href);
		for (const name of [...way.searchParams.keys()]) way.searchParams.set(name, input.value.trim());
		clearTimeout(timer);
		abort?.abort();
		const answer = await fetch(way, { headers: { Accept: "text/html" } }).catch(() => null);
		const form = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("report");
		if (!form) {
			location.href = way;
			return;
		}
		answers.replaceChildren(document.adoptNode(form));
		form.querySelector("header h1").tabIndex = -1;
		form.dispatchEvent(new CustomEvent("reeve:changed", { bubbles: true }));
		(form.querySelector("textarea") ?? form.querySelector("input:not([type=hidden])")).focus();
	}
	answers.addEventListener("click", (event) => {
		const link = event.target.closest("a[data-report]");
		if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
		event.preventDefault();
		report(link);
	});
	/* Enter goes on at once when there is only one way to go. */
	box.addEventListener("submit", async (event) => {
		event.preventDefault();
		if (input.value.trim() === "") {
			input.focus();
			return;
		}
		clearTimeout(timer);
		await ask();
		const ways = answers.querySelectorAll("a[data-report]");
		if (ways.length === 1 && !answers.querySelector("li")) report(ways[0]);
		else ways[0]?.focus();
	});
}

/* ---- settings ---- */
const zones = document.querySelector("[data-zones]")?.list;
if (zones && Intl.supportedValuesOf)
	zones.append(...Intl.supportedValuesOf("timeZone").map((zone) => Object.assign(document.createElement("option"), { value: zone })));
document.querySelector("[data-select]")?.select();

/* ---- notifications: read when followed ---- */
document.addEventListener("click", (event) => {
	const link = event.target.closest("a[data-read]");
	const form = link && document.getElementById(link.dataset.read);
	if (form) fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true });
});
