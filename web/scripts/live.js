/*
 * Live pages: the stream only says what changed; the page asks for itself again and its parts are morphed, but never one in
 * which somebody is typing. Lists do not move under the pointer: changed rows are marked, new ones are announced in a bar.
 * Browsers allow few connections to one host, so one tab holds the stream of all and tells the others; where that is not to be had
 * (a page that did not come through TLS), each visible tab has its own and hidden ones have none.
 */
const WAIT_MS = 300;
const topics = document.body.dataset.live;
const record = document.querySelector("[data-record]");
const list = document.querySelector("[data-list]");
let morph = null;
let stream = null;
let timer = 0;

window.htmx?.registerExtension("reeve", { init(api) { morph = api.morph; } });

async function fetchPage() {
	const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
	if (!answer?.ok || answer.redirected) return null;
	return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/* ---- a record ---- */

/* Not touched: where the focus is or something was typed, what is open, and what was fetched into the page. */
function protect() {
	const kept = new Set(document.querySelectorAll("[data-load], form[data-dirty], [popover]:popover-open, dialog[open]"));
	const focus = document.activeElement?.closest("form, [popover]");
	if (focus) kept.add(focus);
	for (const form of document.querySelectorAll("form[data-dirty]")) {
		const popover = form.closest("[popover]");
		if (popover) kept.add(popover);
	}
	for (const element of kept) element.setAttribute("hx-morph-skip", "");
	return () => {
		for (const element of kept) element.removeAttribute("hx-morph-skip");
	};
}

function keepOpen(page) {
	for (const details of document.querySelectorAll("details[open]")) {
		const id = details.closest("[id]")?.id;
		const other = id && page.getElementById(id)?.querySelector("details");
		if (other) other.open = true;
	}
}

function morphPart(id, page) {
	const old = document.getElementById(id);
	const now = page.getElementById(id);
	if (!old || !now) return;
	const fragment = document.createDocumentFragment();
	fragment.append(document.adoptNode(now));
	if (morph) morph(old, fragment, false);
	else old.replaceWith(fragment);
	document.getElementById(id)?.dispatchEvent(new CustomEvent("reeve:changed", { bubbles: true }));
}

async function refreshRecord() {
	const page = await fetchPage();
	const now = page?.querySelector("[data-record]");
	if (!now || now.dataset.version === record.dataset.version) return;
	const before = new Set([...document.querySelectorAll(".entry[id]")].map((entry) => entry.id));
	const release = protect();
	keepOpen(page);
	for (const id of ["record-head", "steps", "record-texts", "timeline", "record-side"]) morphPart(id, page);
	release();
	record.dataset.version = now.dataset.version;
	for (const entry of document.querySelectorAll(".entry[id]")) if (!before.has(entry.id)) entry.classList.add("changed");
	document.dispatchEvent(new CustomEvent("reeve:say", { detail: { name: "changed" } }));
}

/* ---- a list ---- */

async function refreshList() {
	const page = await fetchPage();
	const now = page?.querySelector("[data-list]");
	const bar = document.querySelector("[data-news]");
	if (!now || !bar) return;
	let news = 0;
	const seen = new Set();
	for (const row of now.querySelectorAll("tr[data-version]")) {
		const old = document.getElementById(row.id);
		seen.add(row.id);
		if (!old) news++;
		else if (old.dataset.version !== row.dataset.version) {
			const ticked = old.querySelector("input[form=several]")?.checked;
			if (!old.contains(document.activeElement)) old.replaceChildren(...document.adoptNode(row).childNodes);
			if (ticked) old.querySelector("input[form=several]").checked = true;
			old.dataset.version = row.dataset.version;
			old.classList.remove("changed");
			requestAnimationFrame(() => old.classList.add("changed"));
		}
	}
	for (const row of document.querySelectorAll("[data-list] tr[data-version]")) row.classList.toggle("gone", !seen.has(row.id));
	bar.hidden = news === 0;
	const say = document.getElementById("say")?.dataset ?? {};
	bar.textContent = (news === 1 ? say.newone : say.newmany)?.replace("{n}", String(news)) ?? "";
}
document.querySelector("[data-news]")?.addEventListener("click", () => location.reload());

/* ---- the stream ---- */

function showUnread(unread) {
	const bell = document.querySelector("[data-unread]");
	if (!bell) return;
	let badge = bell.querySelector(".badge");
	if (!badge && unread > 0) {
		badge = document.createElement("span");
		badge.className = "badge";
		badge.setAttribute("aria-hidden", "true");
		bell.append(badge);
	}
	if (badge) badge.hidden = unread === 0;
	if (badge) badge.textContent = unread > 99 ? "99+" : String(unread);
	const say = document.getElementById("say")?.dataset ?? {};
	bell.setAttribute("aria-label", (say.unread ?? "{n}").replace("{n}", String(unread)));
}

function look() {
	if (timer) return;
	timer = setTimeout(() => {
		timer = 0;
		if (record) refreshRecord();
		else if (list) refreshList();
	}, WAIT_MS + (list ? Math.random() * 700 : 0));
}

function hear({ topic, version }) {
	if (topic === "notifications") {
		showUnread(version);
		return;
	}
	const [type] = topic.split("/");
	if (topic === record?.dataset.topic && version > Number(record.dataset.version)) look();
	if (type === list?.dataset.list) look();
	document.dispatchEvent(new CustomEvent("reeve:count", { detail: type }));
}

function open(address, tell) {
	stream = new EventSource(address);
	stream.addEventListener("changed", (event) => tell(JSON.parse(event.data)));
}

function close() {
	stream?.close();
	stream = null;
}

/* One of the browser's tabs holds the lock and the stream; when it goes, the next one looks once and goes on. */
function shareStream() {
	const channel = new BroadcastChannel("reeve-live");
	channel.addEventListener("message", (event) => hear(event.data));
	let leave = null;
	const join = () => navigator.locks.request("reeve-live", () => new Promise((release) => {
		leave = release;
		open("/api/v1/live", (message) => {
			hear(message);
			channel.postMessage(message);
		});
		stream.addEventListener("open", look, { once: true });
	}));
	addEventListener("pagehide", () => {
		close();
		leave?.();
	});
	addEventListener("pageshow", (event) => {
		if (!event.persisted) return;
		join();
		look();
	});
	join();
}

function ownStream() {
	const begin = () => open(`/api/v1/live?topics=${encodeURIComponent(topics)}`, hear);
	document.addEventListener("visibilitychange", () => {
		if (document.visibilityState !== "visible") close();
		else if (!stream) {
			begin();
			look();
		}
	});
	addEventListener("pagehide", close);
	if (document.visibilityState === "visible") begin();
}

if (topics && navigator.locks) shareStream();
else if (topics) ownStream();
