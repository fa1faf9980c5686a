/*
 * The main job as people do it: mail is down, from the first word to closed. Once in a browser with every interaction and page load
 * counted against a budget, once without scripts, once through the API. What closes by itself after days is told by
 * practices/incident.story.yaml: a browser cannot move the server's clock.
 */
import { equal, match, notEqual, ok, server, test } from "./harness.mjs";

/*
 * Hands and eyes of one person: click, fill and press count one interaction each, a full document load one load. A step says its
 * budget as {interactions, loads} and fails beyond it. Asking for a page by its address is not part of a step.
 */
class Hands {
	constructor(page) {
		this.page = page;
		this.loads = 0;
		page.on("load", () => this.loads++);
	}

	async step(name, budget, body) {
		this.interactions = 0;
		const before = this.loads;
		await body();
		const loads = this.loads - before;
		ok(this.interactions <= budget.interactions, `${name}: ${this.interactions} interactions, ${budget.interactions} allowed`);
		ok(loads <= budget.loads, `${name}: ${loads} page loads, ${budget.loads} allowed`);
		equal(this.page.problems.join(), "", name);
	}

	click(place) {
		this.interactions++;
		return place.click();
	}

	fill(place, text) {
		this.interactions++;
		return place.fill(text);
	}

	choose(place, value) {
		this.interactions++;
		return place.selectOption(value);
	}

	/* Typing into what has the focus, as a person does who pressed a key to get there. */
	type(text) {
		this.interactions++;
		return this.page.keyboard.type(text);
	}

	press(key) {
		this.interactions++;
		return this.page.keyboard.press(key);
	}
}

const button = (page, name) => page.getByRole("button", { name, exact: true });
const state = async (reeve, number) => (await reeve.api("tina", "GET", `/api/v1/incident/${number}`)).body;

async function clockOf(reeve, number, name) {
	return (await state(reeve, number)).clocks.find((clock) => clock.name === name);
}

/* What a requester and the people at work read back when all is done, in whatever way it was done. */
async function readBack(reeve, number, moments) {
	const path = `/api/v1/incident/${number}`;
	const now = await state(reeve, number);
	equal(now.state, "closed");
	equal(now.rating, 5);
	equal(now.assignee.number, "nora");
	equal(now.requester.number, "rita");
	for (const clock of now.clocks) equal(clock.state, "stopped", clock.name);

	/* Every word, step and person, in the order in which they came. */
	const history = [];
	for (let page = `${path}/events?limit=100`; page;) {
		const answer = await reeve.api("tina", "GET", page);
		equal(answer.status, 200);
		history.push(...answer.body.items);
		page = answer.body.next ?? null;
	}
	const told = history.map((event) => JSON.stringify(event));
	let at = -1;
	for (const [who, what] of moments.story) {
		const next = told.findIndex((line, index) => index > at && line.includes(who) && line.includes(what));
		notEqual(next, -1, `${who}: ${what} is missing after event ${at} of\n${told.join("\n")}`);
		at = next;
	}
	/* The requester reads the same without what is ours. */
	const hers = JSON.stringify((await reeve.api("rita", "GET", `${path}/events?limit=100`)).body);
	match(hers, /Do you see an error message/);
	ok(!hers.includes("mail store of building 2"), "an internal note is in what the requester reads");

	/* Filter, and search: by words that were said in title, reply and resolution; a note is found only by those who may read it. */
	const find = async (login, q) => (await reeve.api(login, "GET", `/api/v1/incident?q=${encodeURIComponent(q)}`)).body.items.map((one) => one.number);
	ok((await find("tina", `state = closed and requester = rita and rating = 5 and resolution_code = fixed`)).includes(number));
	ok(!(await find("tina", `state != closed and requester = rita`)).includes(number));
	equal((await find("ralf", `number = "${number}"`)).length, 0);
	const search = async (login, words) => JSON.stringify((await reeve.api(login, "GET", `/api/v1/search?q=${encodeURIComponent(words)}`)).body);
	for (const words of [`${moments.word} down`, `${moments.word} queue`]) {
		await until(async () => (await search("rita", words)).includes(number), `rita finds ${words}`);
		ok((await search("adam", words)).includes(number), words);
		ok(!(await search("ralf", words)).includes(number), words);
	}

	/* As it was. */
	const then = async (moment) => (await reeve.api("tina", "GET", `${path}?as_of=${encodeURIComponent(moment)}`)).body;
	const reported = await then(moments.reported);
	equal(reported.state, "new");
	equal(reported.assignee, null);
	const asked = await then(moments.asked);
	equal(asked.state, "waiting");
	equal(asked.waiting_reason, "requester");
	equal(asked.assignee.number, "adam");
	equal((await then(moments.resolved)).state, "resolved");
	equal((await then(moments.reopened)).state, "in_progress");
}

async function until(check, what, limitMs = 10000) {
	for (const end = Date.now() + limitMs; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) if (await check()) return;
	throw new Error(`${what}: not within ${limitMs / 1000} s`);
}

/* A moment at which everything answered so far has happened, and nothing that comes. */
async function moment() {
	await new Promise((done) => setTimeout(done, 30));
	const now = new Date().toISOString();
	await new Promise((done) => setTimeout(done, 30));
	return now;
}

/* Who said and did what; the words are those of the journeys below. */
const story = (adam) => [
	["rita", "created"],
	[adam, "start"],
	["adam", "Do you see an error message"],
	["rita", "mailbox cannot be reached"],
	["adam", "mail store of building 2"],
	["adam", "assign"],
	["nora", "making room"],
	["nora", "store was extended"],
	["rita", "still cannot send"],
	["nora", "queue was restarted"],
	["rita", "close"],
];

test("mail is down, in a browser, within the budgets", async () => {
	const reeve = await server();
	const phone = { viewport: { width: 390, height: 844 } };
	const rita = await reeve.page("rita", phone);
	const adam = await reeve.page("adam");
	const nora = await reeve.page("nora");
	const requester = new Hands(rita), agent = new Hands(adam), specialist = new Hands(nora);
	const word = "Letterbox";
	const moments = { word, story: story("adam") };

	/* R1: the box, the form with the words in it, sent. */
	await rita.goto("/");
	await requester.step("R1 report", { interactions: 3, loads: 1 }, async () => {
		await requester.fill(rita.getByRole("searchbox"), `${word} is down, no mail comes or goes`);
		await requester.click(rita.getByRole("link", { name: "Report this" }));
		await requester.click(button(rita, "Send"));
		await rita.waitForURL(/INC\d+/);
		await rita.waitForLoadState("load");
	});
	const number = /INC\d+/.exec(rita.url())[0];
	match(await rita.locator("main").textContent(), /We have received it/);
	equal(await rita.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "a phone scrolls sideways");
	moments.reported = await moment();

	/* The first line takes it from the worklist: open, start. A2: who asks, what is like it and the clocks are on the screen. */
	await adam.goto("/incident?view=unassigned");
	await agent.step("take from the worklist", { interactions: 2, loads: 2 }, async () => {
		await agent.click(adam.locator(`#row-${number} .title-link`));
		await agent.click(button(adam, "Start work"));
		await adam.locator("#record-head .state", { hasText: "In progress" }).waitFor();
	});
	await agent.step("A2 understand", { interactions: 0, loads: 0 }, async () => {
		await adam.locator("#record-side", { hasText: "Rita Requester" }).waitFor();
		await adam.locator("#record-side", { hasText: "Resolution" }).waitFor();
		match(await adam.locator("#record-head").textContent(), /Resolution: 80h left/);
	});

	/* Asks back; the clock stands still, and the requester reads it in plain words. */
	await agent.step("ask back", { interactions: 4, loads: 1 }, async () => {
		await agent.click(button(adam, "Wait"));
		await agent.choose(adam.locator("#step-wait").locator("[name=waiting_reason]"), "requester");
		await agent.fill(adam.locator("#step-wait textarea"), "Do you see an error message?");
		await agent.press("Control+Enter");
		await adam.locator("#record-head .state", { hasText: "Waiting" }).waitFor();
	});
	match(await adam.locator("#record-head").textContent(), /Resolution: paused/);
	equal((await clockOf(reeve, number, "resolution")).state, "paused");
	moments.asked = await moment();

	/* R4: one click from the start page; what is asked is there without looking for it. R5: the answer, two interactions. */
	await rita.goto("/");
	await requester.step("R4 where is my request", { interactions: 1, loads: 1 }, async () => {
		await requester.click(rita.getByRole("link", { name: new RegExp(word) }));
		await rita.locator(".timeline", { hasText: "Do you see an error message?" }).waitFor();
	});
	match(await rita.locator("#record-head").textContent(), /wait for your answer/);
	match(await rita.locator("#record-head").textContent(), /Adam Agent/);
	await requester.step("R5 add information", { interactions: 2, loads: 1 }, async () => {
		await requester.fill(rita.getByLabel("Add information"), "It says that the mailbox cannot be reached.");
		await requester.click(button(rita, "Send"));
		await rita.locator(".timeline", { hasText: "cannot be reached" }).waitFor();
	});
	match(await rita.locator("#record-head").textContent(), /We are working on it/);

	/* The agent's page shows the answer by itself; a note of ours, then A5: to the specialists. */
	await agent.step("the answer comes by itself", { interactions: 0, loads: 0 }, async () => {
		await adam.locator(".timeline", { hasText: "cannot be reached" }).waitFor();
		await adam.locator("#record-head", { hasText: "Resolution: 80h left" }).waitFor();
	});
	await agent.step("internal note", { interactions: 3, loads: 1 }, async () => {
		await agent.press("n");
		await agent.type("The mail store of building 2 looks full.");
		await agent.press("Control+Enter");
		await adam.waitForURL(/done=noted/);
		await adam.waitForLoadState("load");
	});
	await agent.step("A5 route", { interactions: 3, loads: 1 }, async () => {
		await agent.press("a");
		await agent.type("netw");
		await agent.press("Control+Enter");
		await adam.locator("#record-head .state", { hasText: "Assigned" }).waitFor();
	});
	equal((await state(reeve, number)).team.number, "network");

	/* The specialist finds it among the work of the team, says what is done, and resolves. */
	await nora.goto("/incident?view=team_open");
	await specialist.step("take from the team's list", { interactions: 2, loads: 2 }, async () => {
		await specialist.click(nora.locator(`#row-${number} .title-link`));
		await specialist.click(button(nora, "Start work"));
		await nora.locator("#record-head .state", { hasText: "In progress" }).waitFor();
	});
	equal((await state(reeve, number)).assignee.number, "nora");
	await specialist.step("public reply", { interactions: 3, loads: 1 }, async () => {
		await specialist.press("r");
		await specialist.type("We are making room for your mail.");
		await specialist.press("Control+Enter");
		await nora.waitForURL(/done=sent/);
		await nora.waitForLoadState("load");
	});
	const resolve = async (words) => {
		await specialist.click(button(nora, "Resolve"));
		await specialist.choose(nora.locator("#step-resolve").locator("[name=resolution_code]"), "fixed");
		await specialist.fill(nora.locator("#step-resolve textarea[name=resolution]"), words);
		await specialist.press("Control+Enter");
		await nora.locator("#record-head .state", { hasText: "Resolved" }).waitFor();
	};
	await specialist.step("A3 resolve", { interactions: 4, loads: 1 }, () => resolve("The mail store was extended."));
	moments.resolved = await moment();

	/* R8: not solved. */
	await rita.goto(`/incident/${number}`);
	match(await rita.locator("main").textContent(), /store was extended/);
	await requester.step("R8 not solved", { interactions: 2, loads: 1 }, async () => {
		await requester.fill(rita.getByLabel("Add information"), "I still cannot send anything.");
		await requester.click(button(rita, "Send"));
		await rita.locator("#record-head .now", { hasText: "We are working on it" }).waitFor();
	});
	moments.reopened = await moment();
	equal((await state(reeve, number)).resolution, null);

	await nora.locator("#record-head .state", { hasText: "In progress" }).waitFor();
	await specialist.step("A3 resolve again", { interactions: 4, loads: 1 }, () => resolve("The outgoing queue was restarted."));

	/* Solved, and R7: rated. */
	await rita.goto(`/incident/${number}`);
	await requester.step("confirm", { interactions: 2, loads: 1 }, async () => {
		await requester.click(button(rita, "It is solved"));
		await requester.click(button(rita.locator("#step-close"), "It is solved"));
		await rita.locator("#record-head .now", { hasText: "It is closed" }).waitFor();
	});
	await requester.step("R7 rate", { interactions: 2, loads: 1 }, async () => {
		await requester.click(rita.getByRole("button", { name: "Very good" }));
		await rita.getByText("Thank you for rating").waitFor();
	});
	equal(await rita.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, "a phone scrolls sideways");
	await readBack(reeve, number, moments);
}, 120000);

test("mail is down, without scripts", async () => {
	const reeve = await server();
	const plain = { javaScriptEnabled: false };
	const rita = await reeve.page("rita", plain);
	const adam = await reeve.page("adam", plain);
	const nora = await reeve.page("nora", plain);
	const word = "Pigeonhole";
	const moments = { word, story: story("adam") };

	await rita.goto("/");
	await rita.getByRole("searchbox").fill(`${word} is down`);
	await button(rita, "Go on").click();
	await rita.getByRole("link", { name: "Report this" }).click();
	equal(await rita.locator("[name=title]").inputValue(), `${word} is down`);
	await button(rita, "Send").click();
	const number = /INC\d+/.exec(rita.url())[0];
	moments.reported = await moment();

	/* The pages of the agents open their steps without scripts too. */
	await adam.goto("/incident?view=unassigned");
	await adam.locator(`#row-${number} .title-link`).click();
	await button(adam, "Start work").click();
	await button(adam, "Wait").first().click();
	const wait = adam.locator("#step-wait");
	await wait.locator("[name=waiting_reason]").selectOption("requester");
	await wait.locator("textarea").fill("Do you see an error message?");
	await button(wait, "Wait").click();
	match(await adam.locator("#record-head").textContent(), /Waiting[^]*Resolution: paused/);
	moments.asked = await moment();

	await rita.goto("/");
	await rita.getByRole("link", { name: new RegExp(word) }).click();
	match(await rita.locator("#record-head").textContent(), /wait for your answer/);
	await rita.getByLabel("Add information").fill("It says that the mailbox cannot be reached.");
	await button(rita, "Send").click();
	match(await rita.locator("#record-head .now").textContent(), /We are working on it/);

	await adam.goto(`/incident/${number}`);
	await adam.getByLabel("Reply or note").fill("The mail store of building 2 looks full.");
	await button(adam, "Internal note").click();
	await button(adam, "Assign").first().click();
	const assign = adam.locator("#step-assign");
	await assign.locator("[name=team]").fill("network");
	await assign.locator("[name=assignee]").fill("");
	await button(assign, "Assign").click();
	match(await adam.locator("#record-head").textContent(), /Assigned[^]*Nobody assigned[^]*Network/);

	await nora.goto("/incident?view=team_open");
	await nora.locator(`#row-${number} .title-link`).click();
	await button(nora, "Start work").click();
	await nora.getByLabel("Reply or note").fill("We are making room for your mail.");
	await nora.getByRole("button", { name: /^Reply to Rita/ }).click();
	const resolve = async (words) => {
		await nora.goto(`/incident/${number}`);
		await button(nora, "Resolve").first().click();
		const form = nora.locator("#step-resolve");
		await form.locator("[name=resolution_code]").selectOption("fixed");
		await form.locator("[name=resolution]").fill(words);
		await button(form, "Resolve").click();
		match(await nora.locator("#record-head .state").textContent(), /Resolved/);
	};
	await resolve("The mail store was extended.");
	moments.resolved = await moment();

	await rita.goto(`/incident/${number}`);
	await button(rita, "It is not solved").first().click();
	const reopen = rita.locator("#step-reopen");
	await reopen.locator("textarea").fill("I still cannot send anything.");
	await button(reopen, "It is not solved").click();
	match(await rita.locator("#record-head .now").textContent(), /We are working on it/);
	moments.reopened = await moment();
	await resolve("The outgoing queue was restarted.");

	await rita.goto(`/incident/${number}`);
	await button(rita, "It is solved").first().click();
	const close = rita.locator("#step-close");
	await close.locator("[name=rating][value='5']").check();
	await button(close, "It is solved").click();
	match(await rita.locator("#record-head .now").textContent(), /It is closed/);
	await readBack(reeve, number, moments);
}, 120000);

test("mail is down, through the API", async () => {
	const reeve = await server();
	const word = "Postbag";
	const moments = { word, story: story("adam") };
	const call = async (login, method, path, body, status) => {
		const answer = await reeve.api(login, method, `/api/v1/incident${path}`, body);
		equal(answer.status, status, `${login} ${method} ${path}: ${JSON.stringify(answer.body)}`);
		return answer.body;
	};
	const { number } = await call("rita", "POST", "", { title: `${word} is down`, description: "Since nine.", service: "mail" }, 201);
	const take = (login, transition, body, status = 200) => call(login, "POST", `/${number}/transitions/${transition}`, body, status);
	const say = (login, text, visibility) => call(login, "POST", `/${number}/comments`, { text, visibility }, 201);
	moments.reported = await moment();

	const open = await reeve.api("adam", "GET", `/api/v1/incident?q=${encodeURIComponent("assignee is not set and state = new")}&sort=priority,created_at`);
	ok(open.body.items.some((one) => one.number === number));
	await call("adam", "PATCH", `/${number}`, { impact: "high", urgency: "high" }, 200);
	equal((await clockOf(reeve, number, "response")).goal_ms ?? 900000, 900000);
	await take("rita", "start", {}, 403);
	await take("adam", "start", {});
	equal((await clockOf(reeve, number, "response")).state, "stopped");
	await take("adam", "wait", { waiting_reason: "requester" }, 422);
	await take("adam", "wait", { waiting_reason: "requester", comment: "Do you see an error message?" });
	moments.asked = await moment();
	equal((await clockOf(reeve, number, "resolution")).state, "paused");

	await say("rita", "It says that the mailbox cannot be reached.", "public");
	equal((await state(reeve, number)).state, "in_progress");
	equal((await clockOf(reeve, number, "resolution")).state, "running");
	await say("adam", "The mail store of building 2 looks full.", "internal");
	await take("adam", "assign", { team: "network", assignee: null });
	await take("nora", "start", {});
	await say("nora", "We are making room for your mail.", "public");
	await take("nora", "resolve", { resolution_code: "fixed", resolution: "The mail store was extended." });
	moments.resolved = await moment();
	await take("ralf", "reopen", { comment: "Mine neither." }, 404);
	await take("rita", "reopen", { comment: "I still cannot send anything." });
	moments.reopened = await moment();
	await take("nora", "resolve", { resolution_code: "fixed", resolution: "The outgoing queue was restarted." });
	await take("rita", "close", { rating: 5 });
	await take("rita", "reopen", { comment: "Too late." }, 409);

	/* The ledger adds up exactly, and has the pause with its reason. */
	for (const clock of (await state(reeve, number)).clocks) {
		const length = (line) => Date.parse(line.to) - Date.parse(line.from);
		equal(clock.ledger.filter((line) => line.kind === "running").reduce((sum, line) => sum + length(line), 0), clock.elapsed_ms, clock.name);
		for (const [index, line] of clock.ledger.entries()) if (index > 0) equal(line.from, clock.ledger[index - 1].to);
		if (clock.name === "resolution") ok(clock.ledger.some((line) => line.kind === "paused" && line.reason === "requester"), JSON.stringify(clock));
	}
	await readBack(reeve, number, moments);
});
