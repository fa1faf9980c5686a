/*
 * The requester's half: asking, following, answering, rating, all in plain words - with scripts and without - and that nothing is seen
 * there that is not for requesters. Interactions and navigations are counted where the journeys have a budget.
 */
import { accessible, deepEqual, demoServer, doesNotMatch, equal, match, ok, server, test } from "./harness.mjs";

const plain = { javaScriptEnabled: false };

async function make(reeve, login, title, more = {}) {
	const answer = await reeve.api(login, "POST", "/api/v1/incident", { title, ...more });
	equal(answer.status, 201);
	return answer.body.number;
}

async function step(reeve, login, number, name, body = {}) {
	const answer = await reeve.api(login, "POST", `/api/v1/incident/${number}/transitions/${name}`, body);
	equal(answer.status, 200, JSON.stringify(answer.body));
}

const solve = (reeve, number) => step(reeve, "adam", number, "resolve", { resolution_code: "fixed", resolution: "The **gateway** was restarted." });

async function eventually(what, check) {
	for (let i = 0; i < 50; i++) {
		if (await check()) return;
		await new Promise((done) => setTimeout(done, 100));
	}
	throw new Error(`never: ${what}`);
}

/* What makes a page scroll sideways. */
function tooWide(page) {
	return page.evaluate(() => {
		if (document.documentElement.scrollWidth <= innerWidth) return [];
		const wide = [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
		return ["the page", ...wide.map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 40)}`)].slice(0, 8);
	});
}

test("staff begin with their first view, requesters with the portal, nobody with the sign-in page", async () => {
	const reeve = await server();
	const staff = await reeve.page("adam");
	await staff.goto(`${reeve.url}/`);
	match(staff.url(), /\/incident\?view=/);
	const requester = await reeve.page("rita");
	await requester.goto(`${reeve.url}/`);
	equal(await requester.getByRole("heading", { level: 1 }).textContent(), "What do you need?");
	const nobody = await reeve.page("");
	await nobody.goto(`${reeve.url}/`);
	match(nobody.url(), /\/sign-in/);
});

test("reporting a problem takes three interactions and one navigation", async () => {
	const reeve = await server();
	const page = await reeve.page("rita");
	await page.goto(`${reeve.url}/`);
	let navigations = 0, interactions = 0;
	page.on("framenavigated", () => navigations++);
	await page.getByLabel("Describe it in a few words").fill("The projector in room 4 shows nothing");
	interactions++;
	await page.getByRole("link", { name: "Report this" }).click();
	interactions++;
	equal(await page.getByLabel("Title").inputValue(), "The projector in room 4 shows nothing");
	ok((await page.locator("#report [required]").count()) <= 2, "at most two fields are mandatory");
	await page.locator("#report").getByRole("button", { name: "Send" }).click();
	interactions++;
	await page.getByRole("heading", { level: 1, name: "The projector in room 4 shows nothing" }).waitFor();
	match(page.url(), /\/incident\/INC\d+/);
	equal(navigations, 1);
	ok(interactions <= 3);
	equal(await page.locator(".steps [aria-current=step]").textContent(), "We have received it");
	deepEqual(page.problems, []);
});

test("what is typed into the form in place is a draft that is there again", async () => {
	const reeve = await server();
	const page = await reeve.page("ralf");
	await page.goto(`${reeve.url}/`);
	await page.getByLabel("Describe it in a few words").fill("Half a thought");
	await page.getByRole("link", { name: "Report this" }).click();
	await page.getByLabel("Description").fill("and the other half");
	await page.getByText("Draft saved").waitFor();
	await page.goto(`${reeve.url}/incident/new`);
	equal(await page.getByLabel("Title").inputValue(), "Half a thought");
	equal(await page.getByLabel("Description").inputValue(), "and the other half");
});

test("without scripts: asked, attached, followed and answered", async () => {
	const reeve = await server();
	const page = await reeve.page("rita", plain);
	await page.goto(`${reeve.url}/`);
	await page.getByLabel("Describe it in a few words").fill("Keyboard writes wrong letters");
	await page.getByRole("button", { name: "Go on" }).click();
	await page.getByRole("link", { name: "Report this" }).click();
	await page.getByLabel("Description").fill("Since **today**. <script>alert(1)</script>");
	await page.getByLabel("Service").selectOption({ label: "Mail" });
	await page.locator("input[type=file]").setInputFiles({ name: "photo.txt", mimeType: "text/plain", buffer: Buffer.from("as it is") });
	await page.getByRole("button", { name: "Send" }).click();
	match(page.url(), /\/incident\/(INC\d+)/);
	equal(await page.getByRole("heading", { level: 1 }).textContent(), "Keyboard writes wrong letters");
	ok(await page.locator("#timeline strong", { hasText: "today" }).isVisible());
	equal(await page.locator("#timeline script").count(), 0);
	const file = await page.request.get(await page.getByRole("link", { name: "photo.txt" }).last().evaluate((link) => link.href));
	equal(await file.text(), "as it is");
	await page.getByLabel("Add information").fill("It is the blue one");
	await page.getByRole("button", { name: "Send" }).click();
	ok(await page.getByText("It is the blue one").isVisible());
	const number = /INC\d+/.exec(page.url())[0];
	equal((await reeve.api("adam", "GET", `/api/v1/incident/${number}`)).body.service.number, "mail");
});

test("a refused form keeps what was typed", async () => {
	const reeve = await server();
	const page = await reeve.page("rita", plain);
	await page.goto(`${reeve.url}/incident/new`);
	const answer = await page.request.post(`${reeve.url}/incident/new`, { form: { title: "", description: "A long story that must not be lost" } });
	equal(answer.status(), 422);
	match(await answer.text(), /A long story that must not be lost/);
});

test("what was asked before is shown for the words typed, and only one's own", async () => {
	const reeve = await server();
	await make(reeve, "rita", "Espresso machine leaks on floor nine");
	await make(reeve, "ralf", "Espresso machine explodes in secret");
	await eventually("the search knows it", async () => (await reeve.api("rita", "GET", "/api/v1/search?q=espresso")).body.items?.length > 0);
	const page = await reeve.page("rita");
	await page.goto(`${reeve.url}/`);
	await page.getByLabel("Describe it in a few words").fill("espresso machine");
	await page.locator("#portal-answers").getByText("Espresso machine leaks on floor nine").waitFor();
	doesNotMatch(await page.content(), /explodes/);
	await page.goto(`${reeve.url}/search?q=espresso`);
	ok(await page.getByRole("link", { name: /Espresso machine leaks/ }).isVisible());
	doesNotMatch(await page.content(), /explodes/);
});

test("a request shows plain words, who looks after it and what is promised, and no word that is internal", async () => {
	const reeve = await server();
	const number = await make(reeve, "rita", "Badge does not open the door", { service: "mail" });
	await step(reeve, "adam", number, "assign", { assignee: "adam", team: "desk" });
	await reeve.api("adam", "POST", `/api/v1/incident/${number}/comments`, { text: "She lost it twice already", visibility: "internal" });
	await reeve.api("adam", "POST", `/api/v1/incident/${number}/comments`, { text: "We are printing a new one", visibility: "public" });
	const page = await reeve.page("rita", plain);
	await page.goto(`${reeve.url}/incident/${number}`);
	const text = await page.locator("main").innerText();
	match(text, /Adam Agent \(Service desk\) looks after it/);
	match(text, /is promised for/);
	match(text, /We are printing a new one/);
	doesNotMatch(await page.content(), /lost it twice|Internal/);
	equal(await page.locator(".steps [aria-current=step]").textContent(), "We know who will look at it");
	const other = await reeve.page("ralf", plain);
	equal((await other.goto(`${reeve.url}/incident/${number}`)).status(), 404);
});

test("it is not solved: one dialogue, and it is worked on again", async () => {
	const reeve = await server();
	const number = await make(reeve, "rita", "Monitor flickers");
	await solve(reeve, number);
	const page = await reeve.page("rita", plain);
	await page.goto(`${reeve.url}/incident/${number}`);
	match(await page.locator(".request-answer").innerText(), /The gateway was restarted/);
	await page.getByRole("button", { name: "It is not solved" }).click();
	await page.locator("#step-reopen").getByRole("textbox").fill("It flickers again");
	await page.locator("#step-reopen").getByRole("button", { name: "It is not solved" }).click();
	equal(await page.locator(".steps [aria-current=step]").textContent(), "We are working on it");
	ok(await page.getByText("It flickers again").isVisible());
});

test("it is solved, with a face; and a face later", async () => {
	const reeve = await server();
	const number = await make(reeve, "rita", "Chair is broken");
	await solve(reeve, number);
	const page = await reeve.page("rita");
	await page.goto(`${reeve.url}/incident/${number}`);
	await page.getByRole("button", { name: "It is solved" }).click();
	await page.locator("#step-close").getByLabel("Good", { exact: true }).check({ force: true });
	await page.locator("#step-close").getByRole("button", { name: "It is solved" }).click();
	await page.getByText("It is closed").first().waitFor();
	equal((await reeve.api("adam", "GET", `/api/v1/incident/${number}`)).body.rating, 4);
	await page.getByRole("button", { name: "Very good" }).click();
	await page.getByText("Thank you for telling us.").waitFor();
	equal((await reeve.api("adam", "GET", `/api/v1/incident/${number}`)).body.rating, 5);
	const other = await reeve.page("ralf");
	await other.goto(`${reeve.url}/`);
	equal((await other.request.post(`${reeve.url}/incident/${number}/rating`, { form: { rating: "1" } })).status(), 404);
	deepEqual(page.problems, []);
});

test("a picture is pasted into the reply", async () => {
	const reeve = await server();
	const number = await make(reeve, "rita", "Strange colours");
	const page = await reeve.page("rita");
	await page.goto(`${reeve.url}/incident/${number}`);
	await page.getByLabel("Add information").focus();
	await page.evaluate(() => {
		const data = new DataTransfer();
		data.items.add(new File([new Uint8Array([137, 80, 78, 71])], "shot.png", { type: "image/png" }));
		document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
	});
	await page.getByRole("button", { name: "Send" }).click();
	await page.getByRole("link", { name: "shot.png" }).first().waitFor();
});

test("notifications: grouped by record with their reason, read by a button or by following", async () => {
	const reeve = await server();
	const number = await make(reeve, "ralf", "Lamp is off");
	await reeve.api("adam", "POST", `/api/v1/incident/${number}/comments`, { text: "Which lamp?", visibility: "public" });
	await solve(reeve, number);
	const page = await reeve.page("ralf", plain);
	await page.goto(`${reeve.url}/notifications`);
	equal(await page.locator(".news").count(), 1);
	match(await page.locator(".news").innerText(), /because you are the requester/);
	await page.goto(`${reeve.url}/notifications`);
	equal(await page.locator(".news.unread").count(), 1, "looking reads nothing");
	await page.getByRole("button", { name: /Mark read/ }).click();
	equal(await page.locator(".news.unread").count(), 0);
	await step(reeve, "adam", number, "reopen", { comment: "not yet" });
	await reeve.api("adam", "POST", `/api/v1/incident/${number}/comments`, { text: "And now?", visibility: "public" });
	const script = await reeve.page("ralf");
	await script.goto(`${reeve.url}/notifications`);
	await script.getByRole("link", { name: "Lamp is off" }).click();
	await script.getByRole("heading", { level: 1, name: "Lamp is off" }).waitFor();
	await script.goto(`${reeve.url}/notifications`);
	equal(await script.locator(".news.unread").count(), 0);
});

test("search: a number opens its record, words are marked, kinds and order can be chosen", async () => {
	const reeve = await server();
	const number = await make(reeve, "rita", "Zebra crossing is faded", { description: "The zebra at the gate" });
	await eventually("the search knows it", async () => (await reeve.api("adam", "GET", "/api/v1/search?q=zebra")).body.items?.length > 0);
	const page = await reeve.page("adam", plain);
	await page.goto(`${reeve.url}/search?q=${number.toLowerCase()}`);
	match(page.url(), new RegExp(`/incident/${number}$`));
	await page.goto(`${reeve.url}/search?q=zebra`);
	equal(await page.locator(".hit mark").first().textContent().then((text) => text.toLowerCase()), "zebra");
	await page.getByRole("navigation", { name: "Kind" }).getByRole("link", { name: "People" }).click();
	ok(await page.getByText("Nothing that you may see has all these words.").isVisible());
	const json = await reeve.api("adam", "GET", "/search?q=zebra", undefined, { Accept: "application/json" });
	equal(json.body.items[0].number, number);
});

test("people, teams and calendars say who has how much to do and when hours are over", async () => {
	const reeve = await server();
	const number = await make(reeve, "rita", "Desk lamp wanted");
	await step(reeve, "adam", number, "assign", { assignee: "nora", team: "network" });
	equal((await reeve.api("admin", "POST", "/api/v1/calendar", { name: "office", label: "Office", hours: "mon-fri 09:00-17:00", zone: "Europe/Lisbon" })).status, 201);
	const page = await reeve.page("adam", plain);
	await page.goto(`${reeve.url}/user/nora`);
	ok(await page.getByRole("link", { name: /Desk lamp wanted/ }).first().isVisible());
	await page.goto(`${reeve.url}/team/network`);
	match(await page.locator("#about-members").innerText(), /Nora Network\s+1/);
	await page.goto(`${reeve.url}/calendars/office?hours=20`);
	equal(await page.locator("#calendar-week tbody tr").count(), 7);
	equal((await page.locator("#calendar-question tfoot td").textContent()).trim(), "20:00 h");
});

test("health is for administrators, seats only for the demo, help for everybody", async () => {
	const reeve = await server();
	equal((await reeve.api("adam", "GET", "/health", undefined, { Accept: "text/html" })).status, 403);
	const health = await reeve.api("admin", "GET", "/health", undefined, { Accept: "text/html" });
	equal(health.status, 200);
	match(health.body, /Head of the event log/);
	equal((await fetch(`${reeve.url}/seats`)).status, 404);
	equal((await fetch(`${reeve.url}/seats/administrator`, { method: "POST" })).status, 404);
	const page = await reeve.page("rita", plain);
	await page.goto(`${reeve.url}/help`);
	await page.getByRole("link", { name: "Asking for help" }).click();
	equal(await page.getByRole("heading", { level: 1 }).textContent(), "Asking for help");
	equal(await page.getByText("Commands").count(), 0);
});

test("pages of requesters are accessible in light and dark, and fit a phone", async () => {
	const reeve = await server();
	const number = await make(reeve, "rita", "Everything at once", { description: "Text", service: "mail" });
	await solve(reeve, number);
	const paths = ["/", "/?q=projector", "/incident/new?title=Something", `/incident/${number}`, "/notifications", "/search?q=room", "/me", "/help",
		"/help/asking", "/user/adam", "/team/desk"];
	for (const options of [{ colorScheme: "light" }, { colorScheme: "dark" }, { viewport: { width: 390, height: 844 } }]) {
		const page = await reeve.page("rita", options);
		for (const path of paths) {
			await page.goto(reeve.url + path);
			await accessible(page, `${path} ${JSON.stringify(options)}`);
			deepEqual(await tooWide(page), [], `${path} does not scroll sideways`);
		}
		deepEqual(page.problems, []);
	}
	const nobody = await reeve.page("", { colorScheme: "dark" });
	await nobody.goto(`${reeve.url}/sign-in`);
	await accessible(nobody, "/sign-in");
});

test("in the demo company a visitor chooses a seat and changes it with one click each", async () => {
	const reeve = await demoServer("--days", "3");
	try {
		const page = await reeve.page("", { ...plain, viewport: { width: 390, height: 844 } });
		await page.goto(`${reeve.url}/seats`);
		equal(await page.locator(".seat").count(), 11);
		await page.getByRole("button", { name: /Requester/ }).click();
		equal(await page.getByRole("heading", { level: 1 }).textContent(), "What do you need?");
		/* What is open, of every practice, before what is over. */
		const lists = await page.locator("section h2").allTextContents();
		const over = lists.findIndex((name) => /closed/i.test(name));
		ok(over < 0 || lists.slice(over).every((name) => /closed/i.test(name)), lists.join(", "));
		deepEqual(await tooWide(page), []);
		await page.getByRole("link", { name: "Another seat" }).click();
		await page.getByRole("button", { name: /Administrator/ }).click();
		match(page.url(), /\/incident\?view=/);
		equal((await fetch(`${reeve.url}/seats/nobody`, { method: "POST" })).status, 404);
		const script = await reeve.page("");
		await script.goto(`${reeve.url}/seats`);
		await accessible(script, "/seats");
	} finally {
		await reeve.stop();
	}
});
