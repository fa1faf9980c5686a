/* One step for several records: from a list, under a parent, with and without scripts; each is a step of its own, and what is refused says why. */
import { accessible, deepEqual, equal, match, ok, server, test } from "./harness.mjs";

async function incident(reeve, fields = {}) {
	const answer = await reeve.api("adam", "POST", "/api/v1/incident", { title: "Printer jams", requester: "rita", team: "desk", ...fields });
	equal(answer.status, 201, JSON.stringify(answer.body));
	return answer.body.number;
}

async function state(reeve, number) {
	return (await reeve.api("adam", "GET", `/api/v1/incident/${number}`)).body.state;
}

test("rows of a list are chosen by keyboard and resolved in the same words; one that cannot be says why and stays", async () => {
	const reeve = await server();
	const numbers = [];
	for (let i = 0; i < 4; i++) numbers.push(await incident(reeve, { title: `Jam ${i}` }));
	const page = await reeve.page("adam");
	await page.goto(`/incident?view=all&q=${encodeURIComponent('title > "Jam" and title < "Jb"')}&sort=number`);
	equal(await page.getByRole("button", { name: "Take a step with the chosen" }).isVisible(), false, "out of the way until something is chosen");
	await accessible(page, "a list to choose from");
	for (const key of ["j", "x", "j", "x", "j", "x"]) await page.keyboard.press(key);
	match(await page.locator("#several").innerText(), /3 chosen/);
	await page.getByRole("button", { name: "Take a step with the chosen" }).focus();
	await page.keyboard.press("Enter");
	await page.waitForURL(/\/incident\/several/);
	match(await page.locator("h1").innerText(), /One step for 3 records/);
	await page.getByRole("link", { name: "Resolve", exact: true }).click();
	await accessible(page, "one step for several");
	/* Meanwhile one is over. */
	equal((await reeve.api("nora", "POST", `/api/v1/incident/${numbers[1]}/transitions/cancel`, { comment: "Mistake" })).status, 200);
	await page.getByLabel("Resolution code").selectOption({ index: 1 });
	await page.getByLabel("Resolution", { exact: true }).fill("Pulled out the paper");
	await page.locator("main form button.primary").click();
	await page.locator("#outcome").waitFor();
	match(await page.locator("#outcome").innerText(), new RegExp(`2 records have taken the step[^]*${numbers[1]}`));
	equal(await state(reeve, numbers[0]), "resolved");
	equal(await state(reeve, numbers[1]), "cancelled");
	equal(await state(reeve, numbers[2]), "resolved");
	equal(await state(reeve, numbers[3]), "new");
	equal((await reeve.api("adam", "GET", `/api/v1/incident/${numbers[2]}`)).body.resolution, "Pulled out the paper");
	deepEqual(page.problems, []);
	await page.close();
});

test("what is needed and was not said comes back with what was typed, without scripts; what is empty stays as it was", async () => {
	const reeve = await server();
	const numbers = [await incident(reeve, { assignee: "adam" }), await incident(reeve)];
	const page = await reeve.page("adam", { javaScriptEnabled: false });
	await page.goto("/incident?view=all");
	await page.getByRole("button", { name: "Take a step with the chosen" }).click();
	match(await page.locator("main").innerText(), /nothing is chosen/);
	await page.goto("/incident?view=all");
	for (const number of numbers) await page.locator(`input[name="chosen[]"][value="${number}"]`).check();
	await page.getByRole("button", { name: "Take a step with the chosen" }).click();
	await page.getByRole("link", { name: "Wait", exact: true }).click();
	await page.locator("select[name=waiting_reason]").selectOption("date");
	await page.locator("textarea[name=comment]").fill("Typed once");
	await page.locator("main form button.primary").click();
	match(await page.locator("#outcome").innerText(), /0 records have taken the step[^]*waiting_until/);
	equal(await page.locator("textarea[name=comment]").inputValue(), "Typed once");
	equal(await page.locator("select[name=waiting_reason]").inputValue(), "date");
	for (const number of numbers) ok(["new", "assigned"].includes(await state(reeve, number)));
	await page.locator("main").getByRole("link", { name: "Assign" }).click();
	await page.locator("input[name=team]").fill("desk");
	await page.locator("main form button.primary").click();
	match(page.url(), /done=saved/);
	const first = (await reeve.api("adam", "GET", `/api/v1/incident/${numbers[0]}`)).body;
	equal(first.team.number, "desk");
	equal(first.assignee.number, "adam");
	await page.close();
});

test("children are taken together from their parent's page, on a phone too", async () => {
	const reeve = await server();
	const parent = await incident(reeve, { title: "No mail" });
	const children = [];
	for (let i = 0; i < 3; i++) children.push(await incident(reeve, { title: `Cannot send ${i}`, parent }));
	equal((await reeve.api("adam", "PATCH", `/api/v1/incident/${parent}`, { parent: children[0] })).status, 422);
	const page = await reeve.page("adam", { viewport: { width: 390, height: 800 } });
	await page.goto(`/incident/${parent}`);
	await page.getByRole("link", { name: "With all that are open" }).click();
	match(await page.locator("h1").innerText(), /One step for 3 records/);
	equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "nothing sticks out");
	await page.getByRole("link", { name: "Start work" }).click();
	await page.locator("main form button.primary").click();
	await page.waitForURL(new RegExp(`/incident/${parent}\\?done=saved`));
	for (const child of children) equal(await state(reeve, child), "in_progress");
	await page.locator(`form[action="/incident/several"] input[value="${children[1]}"]`).check();
	await page.getByRole("button", { name: "Take a step with the chosen" }).click();
	match(await page.locator("h1").innerText(), /One step for 1 record/);
	deepEqual(page.problems, []);
	await page.close();
});

test("nobody takes a step with what they may not see, nor more than a hundred at once; the API takes transitions in bulk", async () => {
	const reeve = await server();
	const open = await incident(reeve), hidden = await incident(reeve, { restricted: true, team: "network" });
	const as = (login, path) => reeve.api(login, "GET", path, undefined, { Accept: "text/html" });
	equal((await as("rita", `/incident/several?chosen[]=${open}`)).status, 404);
	equal((await as("adam", "/incident/several")).status, 422);
	equal((await as("adam", `/incident/several?${Array.from({ length: 101 }, (_, i) => `chosen[]=INC${i}`).join("&")}`)).status, 422);
	equal((await as("adam", "/incident/several?chosen[]=INC9999999")).status, 404);
	equal((await as("adam", "/incident/several?q=nonsense%20=%20(")).status, 400);
	const shown = await as("tina", `/incident/several?chosen[]=${open}&chosen[]=${hidden}`);
	ok(shown.body.includes(open));
	const done = await reeve.api("adam", "POST", "/api/v1/incident/bulk", { items: [
		{ number: open, transition: "start" }, { number: open, transition: "reopen" }, { transition: "start" },
		{ number: open, transition: "resolve" }, { number: open, transition: "nonsense" }, { number: "INC9999999", transition: "start" } ] });
	deepEqual(done.body.items.map((item) => item.status), [200, 409, 422, 422, 404, 404]);
	equal(await state(reeve, open), "in_progress");
});
