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
		if (!answer?.ok) return;
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		answers.replaceChildren(...page.body.childNodes);
	}
	input.addEventListener("input", () => {
		clearTimeout(timer);
		timer = setTimeout(ask, WAIT_MS);
	});
	/* Enter goes on at once when there is only one way to go. */
	box.addEventListener("submit", (event) => {
		const text = input.value.trim();
		const ways = answers.querySelectorAll("a[data-report]");
		if (text === "") {
			event.preventDefault();
			input.focus();
		} else if (ways.length === 1 && !answers.querySelector("li")) {
			event.preventDefault();
			const way = new URL(ways[0].href);
			for (const name of [...way.searchParams.keys()]) way.searchParams.set(name, text);
			location.href = way;
		}
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
