/*
 * The catalogue and its forms: found by words, answered page by page - with scripts and without - prefilled, hidden and shown by what was
 * answered before, nothing lost, told at the question what is wrong, and sent with its price and who must agree.
 */
import { accessible, deepEqual, equal, match, ok, server, test } from "./harness.mjs";

const plain = { javaScriptEnabled: false };
let made = null;

/* The company that the tests order in. */
function company() {
	made ??= (async () => {
		const reeve = await server();
		const put = async (type, body) => {
			const answer = await reeve.api("admin", "POST", `/api/v1/${type}`, body);
			equal(answer.status, 201, JSON.stringify(answer.body));
		};
		for (const name of ["identity", "messaging", "workplace"]) await put("team", { name, label: name });
		await put("organisation", { name: "works", label: "The works" });
		await put("location", { name: "harbour", label: "Harbour house" });
		for (const [login, body] of [["rita", { organisation: "works", location: "harbour", manager: "tina" }], ["adam", { teams: ["desk", "identity", "messaging", "workplace"] }]])
			equal((await reeve.api("admin", "PATCH", `/api/v1/user/${login}`, body)).status, 200);
		await put("cost_centre", { name: "4100", label: "Works", owner: "nora" });
		equal((await reeve.api("admin", "PATCH", "/api/v1/user/rita", { cost_centre: "4100" })).status, 200);
		await put("offering", { name: "new-starter", title: "New starter", description: "Everything for the first day.\n\nAnd a cake.",
			model: "new_starter", price: 1200, approval: "purchase", delivery: "5 working days", keywords: "colleague onboarding", entitled: "organisation = works" });
		await put("offering", { name: "mouse", title: "A mouse", model: "equipment", price: 20 });
		await put("offering", { name: "fax", title: "A fax", model: "equipment", active: false });
		return reeve;
	})();
	return made;
}

/* What makes a page scroll sideways. */
function tooWide(page) {
	return page.evaluate(() => document.documentElement.scrollWidth <= innerWidth ? [] :
		[...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).map((one) => `${one.tagName} ${one.className}`).slice(0, 9));
}

async function fillPerson(page) {
	await page.getByLabel("First and last name").fill("Ada Newcomer");
	await page.getByLabel("First day").fill("2026-04-01T09:00");
	await page.getByLabel("External", { exact: true }).check();
}

test("the catalogue shows what is offered to whom, and finds it by words", async () => {
	const reeve = await company();
	const rita = await reeve.page("rita");
	await rita.goto(`${reeve.url}/`);
	await rita.getByRole("link", { name: "See what you can order" }).click();
	deepEqual(await rita.locator(".offering strong").allTextContents(), ["A mouse", "New starter"]);
	await rita.getByLabel("What do you need?").fill("onboarding");
	await rita.getByRole("button", { name: "Search" }).click();
	deepEqual(await rita.locator(".offering strong").allTextContents(), ["New starter"]);
	match(await rita.locator(".offering").textContent(), /1200.00\u00a0EUR/);
	await accessible(rita, "the catalogue");
	const ralf = await reeve.page("ralf");
	await ralf.goto(`${reeve.url}/catalogue`);
	deepEqual(await ralf.locator(".offering strong").allTextContents(), ["A mouse"]);
	equal((await ralf.goto(`${reeve.url}/catalogue/new-starter`)).status(), 404);
	equal((await ralf.goto(`${reeve.url}/catalogue/fax`)).status(), 404);
	equal((await reeve.api("ralf", "POST", "/api/v1/service_request", { offering: "new-starter", answers: {} })).status, 404);
	deepEqual(rita.problems.concat(ralf.problems), []);
});

test("a short order takes a search, a choice and one page", async () => {
	const reeve = await company();
	const page = await reeve.page("rita");
	let navigations = 0;
	page.on("framenavigated", () => navigations++);
	await page.goto(`${reeve.url}/catalogue?q=mouse`);
	await page.getByRole("link", { name: "A mouse" }).click();
	equal(await page.locator("select[name='a.place']").inputValue(), "harbour", "filled in from what is known");
	await page.getByRole("button", { name: "Order" }).click();
	await page.getByRole("heading", { level: 1, name: "A mouse" }).waitFor();
	match(page.url(), /\/service_request\/REQ\d+/);
	match(await page.locator("main").textContent(), /I have none/);
	ok(navigations <= 3);
	deepEqual(page.problems, []);
});

for (const [how, options] of [["with scripts", {}], ["without scripts", plain]])
	test(`a new starter is ordered page by page, ${how}`, async () => {
		const reeve = await company();
		const page = await reeve.page("rita", options);
		const look = async () => {
			if (options === plain) await page.getByRole("button", { name: "Show what follows from my answers" }).click();
		};
		await page.goto(`${reeve.url}/catalogue/new-starter`);
		if (options !== plain) await accessible(page, "the form");
		equal(await page.getByLabel("Which company?").count(), 0);
		await fillPerson(page);
		await look();
		await page.getByLabel("Which company?").waitFor();
		equal(await page.getByLabel("First and last name").inputValue(), "Ada Newcomer");
		await page.getByRole("button", { name: "Go on", exact: true }).last().click();
		match(await page.locator("#errors").textContent(), /Which company\?.*Please answer/);
		equal(await page.getByLabel("First and last name").inputValue(), "Ada Newcomer");
		await page.getByLabel("Which company?").fill("Elsewhere Ltd");
		await page.getByLabel("Last day").fill("2027-03-31T18:00");
		/* Another answer hides questions; they come back with what was typed. */
		await page.getByLabel("Permanent").check();
		await look();
		await page.getByLabel("Which company?").waitFor({ state: "detached" });
		await page.getByLabel("External", { exact: true }).check();
		await look();
		await page.getByLabel("Which company?").waitFor();
		equal(await page.getByLabel("Which company?").inputValue(), "Elsewhere Ltd");
		await page.getByRole("button", { name: "Go on", exact: true }).last().click();

		await page.getByText("The workplace").first().waitFor();
		equal(await page.getByLabel("Strong, for design and simulation").count(), 0, "a choice that is not offered to externals");
		await page.getByLabel("Mobile").check();
		await look();
		await page.getByLabel("What is the mobile phone for?").fill("On call");
		await page.getByRole("button", { name: "Go on", exact: true }).last().click();

		await page.getByRole("textbox", { name: "Application" }).first().fill("Orders");
		await page.getByRole("button", { name: "Another line" }).click();
		await page.getByRole("textbox", { name: "Application" }).nth(1).fill("Stock");
		await page.getByRole("button", { name: "Back" }).click();
		equal(await page.getByLabel("What is the mobile phone for?").inputValue(), "On call");
		await page.getByRole("button", { name: "Go on", exact: true }).last().click();
		equal(await page.getByRole("textbox", { name: "Application" }).nth(1).inputValue(), "Stock");
		await page.getByRole("button", { name: "Go on", exact: true }).last().click();

		const summary = await page.locator("main").textContent();
		match(summary, /Elsewhere Ltd/);
		match(summary, /1200.00\u00a0EUR/);
		match(summary, /Tina Teamlead/);
		match(summary, /Nora Network/);
		/* Moments read as everywhere else, in the zone of the reader. */
		match(await page.locator(".answers time").first().textContent(), /April 2026|1 Apr/);
		await page.getByRole("button", { name: "Order", exact: true }).click();
		await page.getByRole("heading", { level: 1, name: "New starter: Ada Newcomer" }).waitFor();
		equal(await page.locator(".answers time").first().getAttribute("datetime"), "2026-04-01T09:00:00.000Z");
		const number = /REQ\d+/.exec(page.url())[0];
		const record = (await reeve.api("rita", "GET", `/api/v1/service_request/${number}`)).body;
		const answer = (name) => record.answers.find((one) => one.question === name);
		equal(record.state, "approving");
		equal(answer("company").value, "Elsewhere Ltd");
		equal(answer("accounts").rows.length, 2);
		equal(answer("strong"), undefined);
		equal(answer("cost_centre").words, "Works");
		equal(record.access_until, answer("until").value);
		/* What was answered is found by who may read it, and by nobody else. */
		const found = async (login) => (await reeve.api(login, "GET", "/api/v1/search?q=Elsewhere")).body.items.some((one) => one.number === number);
		for (let i = 0; i < 50 && !(await found("rita")); i++) await new Promise((done) => setTimeout(done, 100));
		equal(await found("rita"), true);
		equal(await found("ralf"), false);
		deepEqual(page.problems, []);
	});

test("who asked reads nothing of the machinery", async () => {
	const reeve = await company();
	const made = await reeve.api("rita", "POST", "/api/v1/service_request", { offering: "mouse" });
	equal(made.status, 201);
	const page = await reeve.page("rita");
	await page.goto(`${reeve.url}/service_request/${made.body.number}`);
	const talk = await page.locator("section[aria-labelledby=talk]").textContent();
	ok(!/Somebody has to agree|not needed|asked/.test(talk), talk);
	match(talk, /We are working on it/);
	await page.goto(`${reeve.url}/service_request?view=my_open`);
	ok(!/requester = me/.test(await page.locator("main").innerHTML()), "no conditions for those who do not write them");
	match(await page.locator("table").textContent(), /We are working on it/);
	await accessible(page, "what I ordered");
	await page.getByLabel("Words").fill("nothing like this");
	await page.getByRole("button", { name: "Search" }).click();
	equal(await page.locator("tbody tr").count(), 0);
	deepEqual(page.problems, []);
});

test("a phone shows the catalogue and its form without scrolling sideways", async () => {
	const reeve = await company();
	const page = await reeve.page("rita", { viewport: { width: 360, height: 740 } });
	await page.goto(`${reeve.url}/catalogue`);
	deepEqual(await tooWide(page), []);
	await page.goto(`${reeve.url}/catalogue/new-starter`);
	deepEqual(await tooWide(page), []);
	await fillPerson(page);
	await page.getByLabel("Last day").fill("2027-03-31T18:00");
	await page.getByLabel("Which company?").fill("Elsewhere Ltd");
	await page.getByRole("button", { name: "Go on", exact: true }).last().click();
	await page.getByText("The workplace").first().waitFor();
	await page.getByRole("button", { name: "Go on", exact: true }).last().click();
	await page.getByRole("button", { name: "Another line" }).waitFor();
	deepEqual(await tooWide(page), []);
});

test("what was typed is there again after a reload", async () => {
	const reeve = await company();
	const page = await reeve.page("rita");
	await page.goto(`${reeve.url}/catalogue/new-starter`);
	const kept = page.waitForResponse(/\/drafts$/);
	await page.getByLabel("First and last name").fill("Bo Later");
	equal((await kept).status(), 204);
	await page.reload();
	equal(await page.getByLabel("First and last name").inputValue(), "Bo Later");
});

test("the service desk orders for somebody else what is offered to them", async () => {
	const reeve = await company();
	const page = await reeve.page("adam", plain);
	await page.goto(`${reeve.url}/catalogue`);
	deepEqual(await page.locator(".offering strong").allTextContents(), ["A mouse"]);
	await page.goto(`${reeve.url}/catalogue?for=rita`);
	await page.getByRole("link", { name: "New starter" }).click();
	equal(await page.locator("input[name=for]").inputValue(), "rita");
	equal(await page.locator("select[name='a.location']").inputValue(), "harbour", "what is known of her");
	await page.getByLabel("First and last name").fill("Cy For");
	await page.getByLabel("First day").fill("2026-04-01T09:00");
	for (let i = 0; i < 3; i++) await page.getByRole("button", { name: "Go on", exact: true }).last().click();
	match(await page.locator("main").textContent(), /Rita Requester/);
	await page.getByRole("button", { name: "Order", exact: true }).click();
	await page.getByRole("heading", { level: 1, name: "New starter: Cy For" }).waitFor();
	const record = (await reeve.api("adam", "GET", `/api/v1/service_request/${/REQ\d+/.exec(page.url())[0]}`)).body;
	equal(record.requester.number, "rita");
	equal(record.opened_by.number, "adam");
	deepEqual(page.problems, []);
});

for (const [how, options] of [["with scripts", {}], ["without scripts", plain]])
	test(`a bundle from the order to the end of its access, ${how}`, async () => {
		const reeve = await company();
		const page = await reeve.page("rita", options);
		const goOn = () => page.getByRole("button", { name: "Go on", exact: true }).last().click();
		const name = `Ada ${how}`;
		await page.goto(`${reeve.url}/catalogue/new-starter`);
		await page.getByLabel("First and last name").fill(name);
		await page.getByLabel("First day").fill("2026-12-01T09:00");
		await page.getByLabel("For a limited time").check();
		if (options === plain) await page.getByRole("button", { name: "Show what follows from my answers" }).click();
		await page.getByLabel("Last day").fill("2036-12-01T18:00");
		await goOn();
		await page.getByLabel("Strong, for design and simulation").check();
		await goOn();
		await page.getByLabel("Mailbox").uncheck();
		await goOn();
		await page.getByRole("button", { name: "Order", exact: true }).click();
		await page.getByRole("heading", { level: 1, name: `New starter: ${name}` }).waitFor();
		const path = new URL(page.url()).pathname;
		const state = async () => (await reeve.api("adam", "GET", `/api/v1${path}`)).body;

		/* Two agree, in any order. */
		for (const login of ["tina", "nora"]) {
			const approver = await reeve.page(login, options);
			await approver.goto(`${reeve.url}/approvals`);
			const card = approver.locator("li.card", { hasText: `New starter: ${name}` });
			match(await card.textContent(), /Rita Requester/);
			equal((await state()).state, "approving");
			await card.getByRole("button", { name: "Approve" }).click();
			await approver.locator("li.card", { hasText: `New starter: ${name}` }).waitFor({ state: "detached" });
			deepEqual(approver.problems, []);
		}
		equal((await state()).state, "fulfilling");
		equal((await state()).answers.some((one) => one.question === "mailbox" && one.value === false), true);

		/* The teams do their tasks; some only when others are done. */
		const number = (await state()).number;
		const tasks = async () => (await reeve.api("adam", "GET", `/api/v1/work_task?q=${encodeURIComponent(`parent = ${number}`)}`)).body.items;
		equal((await tasks()).some((one) => one.step === "mailbox"), false, "a task for which nobody asked");
		const adam = await reeve.page("adam", options);
		for (let round = 0; round < 6 && (await state()).state === "fulfilling"; round++)
			for (const task of (await tasks()).filter((one) => one.state === "ready")) {
				await adam.goto(`${reeve.url}/work_task/${task.number}`);
				if (options === plain || !(await adam.getByRole("button", { name: "Complete" }).first().isVisible()))
					await adam.goto(`${reeve.url}/work_task/${task.number}/transitions/complete`);
				else await adam.getByRole("button", { name: "Complete" }).first().click();
				await adam.getByLabel("Result").first().fill("Done");
				await adam.getByRole("button", { name: "Complete" }).last().click();
				await adam.locator(".state.closed").first().waitFor();
			}
		equal((await state()).state, "fulfilled");
		await page.goto(`${reeve.url}${path}`);
		equal(await page.locator(".steps [aria-current=step]").textContent(), "It is done");

		/* The day comes on which the access ends: here it is moved, in the stories a year passes. */
		const soon = new Date(Date.now() + 1500).toISOString();
		equal((await reeve.api("adam", "PATCH", `/api/v1${path}`, { access_until: soon })).status, 200);
		let back = [];
		for (let i = 0; i < 100 && back.length === 0; i++) {
			await new Promise((done) => setTimeout(done, 100));
			const query = encodeURIComponent(`model = revoke_access and title contains "${name}"`);
			back = (await reeve.api("adam", "GET", `/api/v1/service_request?q=${query}`)).body.items;
		}
		equal(back.length, 1, "the access is taken back by itself");
		equal(back[0].state, "fulfilling");
		await adam.goto(`${reeve.url}${path}`);
		match(await adam.locator("#side-links").textContent(), /taken back by/);
		deepEqual(page.problems.concat(adam.problems), []);
	}, 120000);
