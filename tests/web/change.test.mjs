/* A normal and an emergency change in a browser, from the request to the review; the calendar, the published schedule and the feeds. */
import { createRequire } from "node:module";
import { accessible, equal, match, ok, doesNotMatch, password, server, test } from "./harness.mjs";

const require = createRequire(import.meta.url);
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

let reeve, ajv;

/* Whether it is what the OpenAPI description says. */
async function described(schema, value) {
	if (!ajv) {
		ajv = new Ajv({ strict: false, allErrors: true });
		addFormats(ajv);
		ajv.addSchema(await (await fetch(`${reeve.url}/api/v1/openapi.json`)).json(), "api");
	}
	const validate = ajv.getSchema(`api#/components/schemas/${schema}`);
	ok(validate(value), `${schema}: ${JSON.stringify(validate.errors)}`);
}

async function call(login, method, path, body, status = 200) {
	const answer = await reeve.api(login, method, path, body);
	equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body).slice(0, 500)}`);
	return answer.body;
}

/* The board, the emergency board, the change manager, two who implement, and an item. */
async function start() {
	if (reeve) return reeve;
	reeve = await server();
	await call("admin", "POST", "/api/v1/team", { name: "ecab", label: "Emergency board" }, 201);
	const people = [["max", ["change_manager"], []], ["cam", ["change_authority"], []], ["cho", ["change_authority"], []],
		["eva", ["requester"], ["ecab"]], ["finn", ["implementer"], ["desk"]], ["dora", ["implementer"], ["desk"]]];
	for (const [login, roles, teams] of people)
		await reeve.cliWith(`${password}\n`, "user", "add", login, "--name", `${login} example`, "--mail", `${login}@example.com`,
			...roles.flatMap((role) => ["--role", role]), ...teams.flatMap((team) => ["--team", team]), "--password-stdin");
	await call("admin", "PATCH", "/api/v1/service/mail", { owner: "tina" });
	await call("admin", "POST", "/api/v1/ci", { name: "mail-gateway", class: "server" }, 201);
	return reeve;
}

/* "2027-01-10T21:00" some days from now, as forms and people write it. */
function at(days, time) {
	return `${new Date(Date.now() + days * 86400000).toISOString().slice(0, 10)}T${time}`;
}

async function inState(page, label) {
	await page.locator(".record-head .state", { hasText: label }).waitFor();
}

/* Takes a step; one that shows a form first is sent as it stands. */
async function take(page, label, name) {
	await page.locator(".steps-bar").getByRole("button", { name: label }).click();
	const form = page.locator(`#step-${name} button.primary`);
	if ((await form.count()) > 0) await form.click();
}

async function done(page, number) {
	await page.waitForURL(new RegExp(`/change/${number}(\\?|$)`));
	equal(page.problems.length, 0, page.problems.join("\n"));
}

test("a normal change from the request to the review", async () => {
	await start();
	const finn = await reeve.page("finn");
	await finn.goto("/change/new");
	await accessible(finn, "the form of a new change");
	await finn.fill("[name=title]", "Replace the mail gateway");
	await finn.fill("textarea[name=reason]", "Its software is not maintained any more");
	await finn.fill("textarea[name=benefit]", "Mail is filtered again");
	await finn.fill("[name=planned_start]", at(7, "21:00"));
	await finn.fill("[name=planned_end]", at(7, "23:00"));
	// What comes later on a long form waits behind its heading.
	equal(await finn.locator("textarea[name=plan]").isVisible(), false);
	for (const section of ["Plans", "Risk"]) await finn.locator("details.fold > summary", { hasText: section }).click();
	for (const name of ["plan", "test_plan", "back_out_plan"]) await finn.fill(`textarea[name=${name}]`, `How: ${name}`);
	const answers = { affected: "customers", complexity: "team", experience: "once", rehearsed: "partly", back_out_effort: "minutes" };
	for (const [name, value] of Object.entries(answers)) await finn.locator(`[name=${name}]`).first().selectOption(value);
	await finn.locator("main form button.primary").last().click();
	await finn.waitForURL(/\/change\/CHG\d+/);
	const number = /CHG\d+/.exec(finn.url())[0];
	let change = await call("finn", "GET", `/api/v1/change/${number}`);
	equal(change.risk_score, 7);
	equal(change.risk, "medium");
	equal(change.authority, "cab");
	/* Everything in need is there but whether it is in use: said by the form of the step. */
	await call("finn", "PATCH", `/api/v1/change/${number}`, { cis: ["CI0000001"], in_use: false });
	await finn.reload();
	await accessible(finn, "a change");
	/* What one came to read stands in the main column, before what is decided about it; the side keeps the short facts. */
	for (const words of ["Its software is not maintained any more", "How: plan", "How: back_out_plan"]) match(await finn.locator("#record-texts").innerText(), new RegExp(words));
	doesNotMatch(await finn.locator("#side-fields").innerText(), /How: /);
	await take(finn, "Submit for assessment", "submit");
	await inState(finn, "Assessment");
	equal((await call("finn", "GET", `/api/v1/change/${number}`)).state, "assessing");

	/* Another one in the same night on the same item is told on the page, and in the calendar. */
	const other = await call("dora", "POST", "/api/v1/change", { title: "More memory", reason: "r", benefit: "b", cis: ["CI0000001"], plan: "p",
		test_plan: "t", back_out_plan: "b", planned_start: `${at(7, "22:00")}:00Z`, planned_end: `${at(7, "23:30")}:00Z`, affected: "nobody",
		complexity: "one", experience: "often", rehearsed: "fully", back_out_effort: "minutes", in_use: false }, 201);
	await call("dora", "POST", `/api/v1/change/${other.number}/transitions/submit`, {});
	const collisions = await call("max", "GET", `/api/v1/change/${number}/collisions`);
	await described("CollisionList", collisions);
	await described("change", await call("max", "GET", `/api/v1/change/${number}`));
	equal(collisions.items.length, 1);
	equal(collisions.items[0].kind, "same");
	equal(collisions.items[0].item.number, "CI0000001");
	const max = await reeve.page("max");
	await max.goto(`/change/${number}`);
	await max.getByText("At the same time, on the same").waitFor();
	await accessible(max, "a change that collides");
	await max.goto(`/change/calendar?month=${at(7, "").slice(0, 7)}`);
	ok((await max.locator(".plan-grid a.collides").count()) >= 1);
	await accessible(max, "the calendar");
	await call("dora", "POST", `/api/v1/change/${other.number}/transitions/cancel`, { comment: "Later" });
	equal((await call("max", "GET", `/api/v1/change/${number}/collisions`)).items.length, 0);

	/* The board: the agenda, two votes of three decide. */
	const meeting = await call("max", "POST", "/api/v1/cab_meeting", { title: "Board", starts: `${at(2, "14:00")}:00Z`, ends: `${at(2, "15:00")}:00Z` }, 201);
	await call("max", "PATCH", `/api/v1/change/${number}`, { meeting: meeting.number, team: "desk" });
	await max.goto(`/change/${number}`);
	await max.locator(".steps-bar").getByRole("button", { name: "Request authorisation" }).click();
	await max.locator("#step-request_authorisation button.primary").click();
	await done(max, number);
	equal((await call("max", "GET", `/api/v1/change/${number}`)).state, "authorising");
	const cam = await reeve.page("cam");
	/* The question says when, in words of people, and why, to unfold. */
	await cam.goto("/approvals");
	const card = cam.locator("li.card", { hasText: number });
	match(await card.innerText(), /Planned start\s+\d+ [A-Z][a-z]{2} \d{4}, \d\d:00/);
	await card.getByText("Back-out plan").click();
	match(await card.innerText(), /How: back_out_plan/);
	await cam.goto(`/cab_meeting/${meeting.number}/agenda`);
	await accessible(cam, "the agenda");
	await cam.locator(`#${number}`).getByRole("button", { name: "Reject" }).click();
	await cam.getByText("a rejection needs a comment").first().waitFor();
	await cam.goto(`/cab_meeting/${meeting.number}/agenda`);
	await cam.locator(`#${number} textarea`).first().fill("Agreed");
	await cam.locator(`#${number}`).getByRole("button", { name: "Approve" }).first().click();
	await cam.waitForURL(/agenda/);
	equal((await call("max", "GET", `/api/v1/change/${number}`)).state, "authorising");
	/* Without scripts, on a telephone. */
	const cho = await reeve.page("cho", { javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
	await cho.goto(`/change/${number}`);
	await cho.getByRole("button", { name: "Approve" }).first().click();
	change = await call("max", "GET", `/api/v1/change/${number}`);
	equal(change.state, "scheduled");
	ok(change.approvals.at(-1).steps.at(-1).votes.some((vote) => vote.comment === "Agreed"));

	/* Everybody may know of it: no plans, no risk. */
	const rita = await reeve.page("rita");
	await rita.goto(`/change/schedule?list=${at(0, "").slice(0, 10)}`);
	await rita.getByText("Replace the mail gateway").first().waitFor();
	doesNotMatch(await rita.content(), /Its software is not maintained|More memory/);
	await accessible(rita, "the published schedule");
	equal((await reeve.api("rita", "GET", `/api/v1/change/${number}`)).status, 404);
	const published = await call("rita", "GET", "/api/v1/change/calendar?published=true");
	await described("ScheduleList", published);
	await described("ScheduleList", await call("max", "GET", "/api/v1/change/calendar"));
	equal(published.items.length, 1);
	equal(published.items[0].plan, undefined);
	/* On a telephone too, with a window in it: nothing stands beyond the edge, and no name is broken letter by letter. */
	const night = await call("max", "POST", "/api/v1/change_window", { title: "Night of the data centre", starts: `${at(1, "01:00")}:00Z`, ends: `${at(1, "05:00")}:00Z` }, 201);
	await rita.setViewportSize({ width: 390, height: 800 });
	await rita.goto(`/change/schedule?list=${at(0, "").slice(0, 10)}`);
	await rita.locator("#plan-windows", { hasText: "Night of the data centre" }).waitFor();
	equal(await rita.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
	ok((await rita.locator("#plan-windows li").first().boundingBox()).height < 80);
	await call("max", "PATCH", `/api/v1/change_window/${night.number}`, { active: false });

	/* Who asked for it does not implement it; the tasks come first. */
	await finn.goto(`/change/${number}`);
	equal(await finn.locator(".steps-bar").getByRole("button", { name: "Start implementation" }).count(), 0);
	const task = await call("dora", "POST", "/api/v1/work_task", { title: "Switch the addresses", parent: number, team: "desk" }, 201);
	const dora = await reeve.page("dora");
	await dora.goto(`/change/${number}`);
	await take(dora, "Start implementation", "start");
	await inState(dora, "Implementation");
	equal((await call("dora", "GET", `/api/v1/change/${number}`)).state, "implementing");
	equal((await reeve.api("dora", "POST", `/api/v1/change/${number}/transitions/complete`, { outcome: "successful" })).status, 409);
	await call("dora", "POST", `/api/v1/work_task/${task.number}/transitions/complete`, { result: "Done" });
	await dora.goto(`/change/${number}`);
	await dora.locator(".steps-bar").getByRole("button", { name: "Implementation is complete" }).click();
	await dora.locator("#step-complete [name=outcome]").first().selectOption("successful");
	await dora.locator("#step-complete button.primary").click();
	await done(dora, number);
	await max.goto(`/change/${number}`);
	await max.locator(".steps-bar").getByRole("button", { name: "Close", exact: true }).click();
	await max.locator("#step-close textarea[name=review]").fill("As planned.");
	await max.locator("#step-close button.primary").click();
	await done(max, number);
	equal((await call("max", "GET", `/api/v1/change/${number}`)).state, "closed");
}, 120000);

test("an emergency change: its own board, and the papers afterwards", async () => {
	await start();
	const made = await call("finn", "POST", "/api/v1/change", { title: "Restore the gateway", change_type: "emergency", reason: "No mail goes out",
		cis: ["CI0000001"] }, 201);
	const finn = await reeve.page("finn"), number = made.number;
	await finn.goto(`/change/${number}`);
	equal(await finn.locator(".steps-bar").getByRole("button", { name: "Submit for assessment" }).count(), 0);
	await finn.locator(".steps-bar").getByRole("button", { name: "Ask the emergency board" }).click();
	await finn.locator("#step-submit_emergency [name=planned_start]").fill(at(0, "10:00"));
	await finn.locator("#step-submit_emergency [name=planned_end]").fill(at(0, "12:00"));
	await finn.locator("#step-submit_emergency button.primary").click();
	await done(finn, number);
	/* Eva is no agent: she finds it among what waits for her. */
	const eva = await reeve.page("eva");
	await eva.goto("/approvals");
	await eva.getByText("Restore the gateway").first().waitFor();
	await eva.getByRole("button", { name: "Approve" }).first().click();
	await eva.waitForURL(/approvals/);
	const dora = await reeve.page("dora");
	await dora.goto(`/change/${number}`);
	await take(dora, "Start implementation", "start");
	await inState(dora, "Implementation");
	await call("dora", "POST", `/api/v1/change/${number}/transitions/complete`, { outcome: "successful" });
	const max = await reeve.page("max");
	await max.goto(`/change/${number}`);
	await max.locator(".steps-bar").getByRole("button", { name: "Close", exact: true }).click();
	for (const name of ["benefit", "plan", "test_plan", "back_out_plan"]) ok(await max.locator(`#step-close textarea[name=${name}]`).isVisible(), name);
	const papers = { benefit: "Mail goes out", plan: "New certificate", test_plan: "A message", back_out_plan: "None", review: "It had run out" };
	equal((await reeve.api("max", "POST", `/api/v1/change/${number}/transitions/close`, { review: "x" })).status, 422);
	for (const [name, words] of Object.entries(papers)) await max.locator(`#step-close textarea[name=${name}]`).fill(words);
	await max.locator("#step-close button.primary").click();
	await done(max, number);
	equal((await call("max", "GET", `/api/v1/change/${number}`)).state, "closed");
}, 120000);

test("a day begins where one's own work is", async () => {
	await start();
	const home = async (who) => {
		const page = await reeve.page(who);
		await page.goto("/");
		const at = new URL(page.url());
		await page.close();
		return at.pathname + at.search;
	};
	equal(await home("max"), "/change?view=to_assess");
	equal(await home("cam"), "/change?view=to_authorise");
	/* No view is made for implementers: they begin as all agents do. */
	match(await home("finn"), /^\/incident\?view=/);
});

test("what a change is caused by is found by its words or its number, among all that has one", async () => {
	await start();
	const number = (await call("finn", "POST", "/api/v1/incident", { title: "The certificate of the intranet is over" }, 201)).number;
	const found = async (words) => (await reeve.api("finn", "GET", `/search/records?q=${words}`, undefined, { Accept: "application/json" })).body.items;
	for (let i = 0; i < 100 && (await found("certificate+intranet")).length === 0; i++) await new Promise((done) => setTimeout(done, 50));
	equal((await found("certificate+intr"))[0].number, number);
	equal((await found(number.toLowerCase()))[0].number, number);
	equal((await found("finn")).length, 0, "a person has no number");
	const page = await reeve.page("finn");
	await page.goto("/change/new");
	const field = page.getByRole("combobox", { name: /Caused by problem or request/ });
	await field.pressSequentially("certificate intr");
	await page.getByRole("option", { name: /certificate of the intranet/ }).click();
	equal(await field.inputValue(), "The certificate of the intranet is over");
	equal(await page.locator("[name=problem_ref]").inputValue(), number, "its number is sent");
	await page.close();
	/* Without scripts it is a field for the number. */
	const plain = await reeve.api("finn", "GET", "/change/new", undefined, { Accept: "text/html" });
	match(plain.body, /<input type="text" name="problem_ref"[^>]*data-lookup="\/search\/records"/);
});

test("feeds for other calendars want a token that may only read", async () => {
	await start();
	const out = await reeve.cli("token", "add", "finn", "--name", "feed", "--scope", "read");
	const reading = /reeve_\S+/.exec(out)[0], writing = await reeve.token("finn");
	const feed = await reeve.api("", "GET", `/change/calendar.ics?token=${reading}`);
	equal(feed.status, 200);
	match(feed.headers.get("content-type"), /^text\/calendar/);
	match(feed.body, /^BEGIN:VCALENDAR\r\n/);
	match(feed.body, /SUMMARY:CHG\d+ /);
	match((await reeve.api("", "GET", `/change/schedule.ics?token=${reading}`)).body, /END:VCALENDAR\r\n$/);
	equal((await reeve.api("", "GET", "/change/calendar.ics")).status, 401);
	equal((await reeve.api("", "GET", "/change/calendar.ics?token=reeve_wrong")).status, 401);
	equal((await reeve.api("", "GET", `/change/calendar.ics?token=${writing}`)).status, 403);
	equal((await reeve.api("", "GET", `/incident/calendar.ics?token=${reading}`)).status, 404);
	/* Nothing else is opened by a token in the address. */
	equal((await reeve.api("", "GET", `/api/v1/change?token=${reading}`)).status, 401);
	/* A requester's feed holds what they may read: here nothing of others. */
	const ritas = /reeve_\S+/.exec(await reeve.cli("token", "add", "rita", "--name", "feed", "--scope", "read"))[0];
	doesNotMatch((await reeve.api("", "GET", `/change/calendar.ics?token=${ritas}`)).body, /CHG/);
});

test("a calendar is asked for days that there are", async () => {
	await start();
	for (const path of ["/change/calendar?month=2026-13", "/change/calendar?week=soon", "/change/calendar?list=2026-02-30"])
		equal((await reeve.api("finn", "GET", path)).status, 400, path);
	equal((await reeve.api("finn", "GET", "/api/v1/change/calendar?from=2026-01-01&to=2028-01-01")).status, 400);
	equal((await reeve.api("finn", "GET", "/api/v1/incident/calendar")).status, 404);
	const page = await reeve.page("finn", { viewport: { width: 320, height: 700 } });
	await page.goto("/change/calendar");
	await accessible(page, "the calendar on a telephone");
	ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), "no scrolling sideways");
	const none = await reeve.page("finn", { javaScriptEnabled: false });
	await none.goto("/change/calendar?month=2026-02");
	equal(await none.locator(".plan-grid tbody tr").count(), 5);
	await none.getByRole("link", { name: "Later" }).click();
	await none.getByRole("heading", { name: "March 2026" }).waitFor();
});

test("a standard change is made from its model and goes to the schedule", async () => {
	await start();
	const page = await reeve.page("finn");
	await page.goto("/change/new");
	await page.getByRole("link", { name: "Monthly updates of servers" }).click();
	await accessible(page, "the form of a model");
	equal(await page.locator("[name=change_type], [name=title], [name=plan]").count(), 0);
	await page.getByRole("button", { name: "Create" }).click();
	equal(await page.evaluate(() => location.pathname), "/change/new/standard_patch");
	await page.fill("[name='a.servers']", "the mail servers");
	await page.fill("[name=planned_start]", at(9, "20:00"));
	await page.fill("[name=planned_end]", at(9, "21:00"));
	await page.getByRole("button", { name: "Create" }).click();
	await page.waitForURL(/\/change\/CHG\d+/);
	const number = /CHG\d+/.exec(page.url())[0];
	const made = await call("finn", "PATCH", `/api/v1/change/${number}`, { cis: ["CI0000001"] });
	equal(made.title, "Monthly updates: the mail servers");
	equal(made.change_type, "standard");
	equal(made.authority, "model");
	await page.reload();
	await take(page, "Schedule", "submit_standard");
	await inState(page, "Scheduled");
	equal((await reeve.api("finn", "GET", "/change/new/new_starter")).status, 404);
}, 60000);
