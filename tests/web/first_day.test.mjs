/* What docs/guides/first-day.md tells an administrator to do, done in a browser: calendar, team, service, person, sign-in link. */
import { accessible, equal, match, server, test } from "./harness.mjs";

async function create(page, type, fields, links = {}) {
	await page.goto(`/${type}`);
	await page.locator(`a[href="/${type}/new"]`).first().click();
	const form = page.locator("form[data-draft=create]");
	for (const [name, value] of Object.entries(fields)) {
		const field = form.locator(`[name=${name}]`);
		if (value === true) await field.check();
		else await field.fill(value);
	}
	for (const [label, typed] of Object.entries(links)) {
		await form.getByRole("combobox", { name: label }).fill(typed);
		await page.getByRole("option").first().waitFor();
		await page.keyboard.press("Enter");
		await page.getByRole("option").first().waitFor({ state: "hidden" });
	}
	await page.getByRole("button", { name: "Create", exact: true }).click();
	await page.waitForURL((url) => !url.pathname.endsWith("/new"));
	equal(page.problems.join(), "", type);
}

test("an administrator adds a calendar with a lunch break, a team, a service and a person who then works", async () => {
	const reeve = await server();
	const admin = await reeve.page("");
	await admin.goto(/link\S+/.exec(await reeve.cli("user", "link", "admin"))[0].replace(/^link/, "/sign-in/link"));
	await admin.getByRole("button").first().click();
	await create(admin, "calendar", { label: "Office hours", name: "office", zone: "Europe/Berlin", hours: "mon-fri 08:00-12:00 13:00-17:00" });
	match(await admin.locator("main").textContent(), /12:00[^]*13:00/);
	await create(admin, "team", { label: "Field service", name: "field" });
	await create(admin, "service", { label: "Scanners", name: "scanners" }, { Team: "fiel", Calendar: "offi" });
	await create(admin, "user", { login: "fred", name: "Fred Field", mail: "fred@example.com", teams: "field", roles: "agent" });
	await admin.goto("/health");
	await accessible(admin, "health");

	/* The person comes in by a link, and the clocks of the service follow its calendar. */
	const fred = await reeve.page("", { locale: "en" });
	const link = /http\S+/.exec(await reeve.cli("user", "link", "fred"))[0];
	await fred.goto(new URL(link).pathname);
	await fred.getByRole("button").first().click();
	await fred.goto("/incident");
	match(await fred.locator("main").textContent(), /My work/);
	const made = await reeve.api("fred", "POST", "/api/v1/incident", { title: "A scanner is dead", requester: "rita", service: "scanners" });
	equal(made.status, 201);
	equal(made.body.clocks[0].calendar, "Office hours");
	const agent = (await reeve.api("admin", "GET", "/api/v1/user/fred")).body;
	equal(agent.teams.map((team) => team.number).join(), "field");
});
