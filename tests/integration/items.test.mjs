/*
 * A real inventory (the public demonstration data of NetBox, ../shared/data) becomes configuration items: the devices and virtual
 * machines through the example's map, their cables as relations through the API; then a failure is followed through them. A small
 * inventory of our own stands in for what that one has not: a row that must be refused.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deepEqual, equal, ok, skip, test } from "../web/harness.mjs";
import { Place, inPlace, postgres, root, shared } from "./place.mjs";

const packed = join(shared, "cmdb/netbox-demo");
const map = join(root, "examples/import/items.map.yaml");
const folder = mkdtempSync(join(tmpdir(), "reeve-items-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const HEAD = "id,kind,name,role,status,vendor,model,serial,asset_tag,site,notes,updated";
const cell = (value) => `"${String(value ?? "").replaceAll('"', '""')}"`;
const report = async (place, path) => {
	const { code, out, err } = await place.command(["import", "ci", path, "--map", map, "--json"]);
	return { code, err, ...JSON.parse(out) };
};

test("an inventory is imported once, and what its map does not know is refused with a reason", () => inPlace("SQLite", async (place) => {
	const path = join(folder, "own.csv");
	const rows = [
		[1, "device", "rack-01-sw", "Access Switch", "active", "Netvale", "A48", "S-1", "T-1", "North", "", "2026-01-05T08:00:00Z"],
		[2, "device", "web01", "Application Server", "offline", "Ironbark", "R7", "", "", "North", "two disks", "2026-01-05T08:00:00Z"],
		[3, "device", "robot", "Robot", "active", "", "", "", "", "North", "", "2026-01-05T08:00:00Z"],
		[4, "machine", "vm1", "Virtual machine", "active", "", "", "", "", "", "", "2026-01-05T08:00:00Z"],
		[5, "machine", "vm2", "Virtual machine", "active", "", "", "S-9", "", "", "", "2026-01-05T08:00:00Z"],
	];
	writeFileSync(path, `${[HEAD, ...rows.map((row) => row.map(cell).join(","))].join("\n")}\n`);
	const first = await report(place, path);
	deepEqual([first.new, first.changed, first.unchanged, first.refused], [3, 0, 0, 2]);
	const again = await report(place, path);
	deepEqual([again.new, again.changed, again.unchanged, again.refused], [0, 0, 3, 2]);
	const items = await place.records("ci");
	deepEqual(items.map(({ name, class: kind, state }) => [name, kind, state]),
		[["rack-01-sw", "network_device", "in_use"], ["web01", "server", "maintenance"], ["vm1", "virtual_machine", "in_use"]]);
	/* A virtual machine has no serial number: that row says more than its class can hold. */
	const why = JSON.stringify(first);
	ok(/serial is no field of a virtual_machine/.test(why + first.err), why + first.err);
}));

/* The public inventory as rows of the example's columns, and the cables between its devices. */
function readInventory() {
	const file = existsSync(packed) && readdirSync(packed).find((name) => name.endsWith(".json.zst"));
	if (!file) skip(`${packed} is not there`);
	const all = JSON.parse(execFileSync("zstd", ["-dc", join(packed, file)], { maxBuffer: 1 << 28 }));
	const of = (model) => new Map(all.filter((one) => one.model === model).map((one) => [one.pk, one.fields]));
	const sites = of("dcim.site"), roles = of("dcim.devicerole"), types = of("dcim.devicetype"), makers = of("dcim.manufacturer");
	const devices = of("dcim.device"), machines = of("virtualization.virtualmachine");
	const rows = [];
	for (const [id, device] of devices) {
		const type = types.get(device.device_type);
		rows.push([id, "device", device.name || `device ${id}`, roles.get(device.role).name, device.status, makers.get(type.manufacturer).name,
			type.model, device.serial, device.asset_tag, sites.get(device.site)?.name, device.comments, device.last_updated]);
	}
	for (const [id, machine] of machines)
		rows.push([id, "machine", machine.name, "Virtual machine", machine.status, "", "", "", "", "", machine.comments, machine.last_updated]);
	/* A cable has two ends, each on some port of a device. */
	const ends = new Map();
	const ports = new Map(["interface", "frontport", "rearport", "powerport", "poweroutlet", "consoleport", "consoleserverport"].map((name) => [name, of(`dcim.${name}`)]));
	for (const end of of("dcim.cabletermination").values()) {
		const device = ports.get(end.termination_type[1])?.get(end.termination_id)?.device;
		if (!device) continue;
		if (!ends.has(end.cable)) ends.set(end.cable, {});
		(ends.get(end.cable)[end.cable_end] ??= []).push(device);
	}
	const cables = new Set();
	for (const { A = [], B = [] } of ends.values())
		for (const from of A) for (const to of B) if (from !== to) cables.add(`${Math.min(from, to)} ${Math.max(from, to)}`);
	return { rows, devices: devices.size, machines: machines.size, cables: [...cables].map((pair) => pair.split(" ").map(Number)) };
}

for (const kind of ["SQLite", "PostgreSQL"]) test(`a real inventory becomes items and relations, and a failure is followed (${kind})`, () => {
	if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES is not set");
	const inventory = readInventory();
	return inPlace(kind, async (place) => {
		const path = join(folder, "netbox.csv");
		writeFileSync(path, `${[HEAD, ...inventory.rows.map((row) => row.map(cell).join(","))].join("\n")}\n`);
		const first = await report(place, path);
		deepEqual([first.new, first.refused], [inventory.devices + inventory.machines, 0], first.err);
		const items = await place.records("ci");
		const numbers = new Map(items.filter((item) => item.external_ref.startsWith("device ")).map((item) => [Number(item.external_ref.slice(7)), item.number]));
		equal(numbers.size, inventory.devices);
		await place.start();
		await place.person("cora", ["configuration_manager"]);
		ok(inventory.cables.length > 20, `${inventory.cables.length} cables`);
		for (const [from, to] of inventory.cables) {
			const answer = await place.api("cora", "POST", `/api/v1/ci/${numbers.get(from)}/links`, { relation: "connected_to", to: numbers.get(to) });
			equal(answer.status, 201, JSON.stringify(answer.body));
		}
		/* What our walk finds is what a walk over the cables finds. */
		const reach = (id) => {
			const reached = new Set([id]);
			for (let grown = true; grown;) {
				grown = false;
				for (const [from, to] of inventory.cables) if (reached.has(to) && !reached.has(from)) grown = Boolean(reached.add(from));
			}
			reached.delete(id);
			return reached;
		};
		const root = [...numbers.keys()].reduce((best, id) => (reach(id).size > reach(best).size ? id : best));
		const reached = reach(root);
		const { status, body } = await place.api("cora", "GET", `/api/v1/ci/${numbers.get(root)}/impact?direction=up`);
		equal(status, 200);
		deepEqual(body.items.map((item) => item.number).sort(), [...reached].map((id) => numbers.get(id)).sort());
		ok(reached.size >= 3, `${reached.size} reached`);
		/* The edits were of items in use, and no change allowed them. */
		const marked = await place.api("cora", "GET", "/api/v1/ci?q=unauthorised%20=%20true&count=true&limit=1");
		ok(marked.body.total > 20);
		await place.end();
	});
});

/* ---- relations ---- */

const landscape = join(root, "examples/import/landscape.map.yaml");
const LANDSCAPE = "id,name,role,status,host,site,uplinks,service,updated";
const DAY = "2026-01-05T08:00:00Z";

function write(name, head, rows) {
	const path = join(folder, name);
	writeFileSync(path, `${[head, ...rows.map((row) => row.map(cell).join(","))].join("\n")}\n`);
	return path;
}
const bring = async (place, type, path, ...options) => JSON.parse(await place.cli("import", type, path, "--json", ...options));
const exported = async (place, type, ...options) => (await place.cli("export", type, "--links", ...options)).trim().split("\n");
/* By name: a sequence may have gaps. */
async function linksOf(place) {
	const items = (await exported(place, "ci")).map((line) => JSON.parse(line)), names = new Map(items.map(({ number, name }) => [number, name]));
	return Object.fromEntries(items.map(({ name, links }) => [name, links.map(({ relation, to }) => `${relation} ${names.get(to.number) ?? to.number}`).sort()]));
}

for (const kind of ["SQLite", "PostgreSQL"]) test(`an inventory brings its relations, also to what stands behind, once (${kind})`, () => {
	if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES is not set");
	return inPlace(kind, async (place) => {
		const services = join(folder, "services.jsonl");
		writeFileSync(services, `${JSON.stringify({ name: "mail", label: "Mail" })}\n`);
		await bring(place, "service", services);
		const path = write("landscape.csv", LANDSCAPE, [
			[1, "vm1", "machine", "active", 2, "", "", "", DAY],
			[2, "host1", "server", "active", "", "room1", "3;4", "mail", DAY],
			[3, "switch1", "switch", "active", "", "", "4", "", DAY],
			[4, "switch2", "switch", "active", "", "", "", "", DAY],
			[5, "room1", "room", "active", "", "", "", "", DAY],
			/* What cannot be: nobody has it, the class does not fit, itself, a second host. */
			[6, "vm2", "machine", "active", 99, "", "", "", DAY],
			[7, "db1", "database", "active", 2, "", "", "", DAY],
			[8, "loop", "switch", "active", "", "", "8", "", DAY],
			[1, "vm1", "machine", "active", 9, "", "", "", "2026-01-06T08:00:00Z"],
			[9, "host2", "server", "active", "", "", "", "", DAY],
		]);
		const dry = await bring(place, "ci", path, "--map", landscape, "--dry-run");
		/* A dry run knows the names, not the classes. */
		deepEqual([dry.links.refused, dry.refusals.map((one) => one.line)], [1, [7]], JSON.stringify(dry));
		equal((await exported(place, "ci"))[0], "");
		const first = await bring(place, "ci", path, "--map", landscape);
		deepEqual([first.new, first.refused], [10, 0], JSON.stringify(first));
		/* The item with the id 1 came twice, as two items: which of them is meant cannot be said by that key, but nobody names it. */
		deepEqual(first.links, { new: 7, unchanged: 0, refused: 3 }, JSON.stringify(first));
		const why = Object.fromEntries(first.refusals.map(({ line, reason }) => [line, reason]));
		ok(/there is no ci whose external_ref is 'item 99'/.test(why[7]), why[7]);
		ok(/'hosted_on' does not go from a database to a server/.test(why[8]), why[8]);
		ok(/cannot be linked to itself/.test(why[9]), why[9]);
		const links = await linksOf(place);
		deepEqual(links.host1, ["connected_to switch1", "connected_to switch2", "located_in room1", "supports mail"]);
		deepEqual([links.switch1, links.vm2, links.db1], [["connected_to switch2"], [], []]);
		const again = await bring(place, "ci", path, "--map", landscape);
		deepEqual([again.new, again.unchanged, again.links], [0, 10, { new: 0, unchanged: 7, refused: 3 }]);
		/* What somebody took away is not brought back by the same file. */
		await place.cli("verify");
	});
});

test("a record that may have one such relation only is not given a second", () => inPlace("SQLite", async (place) => {
	const items = [{ number: "CI0000001", name: "vm", class: "virtual_machine", state: "in_use" },
		...[2, 3].map((n) => ({ number: `CI000000${n}`, name: `host${n}`, class: "server", state: "in_use" }))];
	const path = join(folder, "cardinality.jsonl");
	const put = (list) => writeFileSync(path, `${list.map((one) => JSON.stringify(one)).join("\n")}\n`);
	put([{ ...items[0], links: [{ relation: "hosted_on", to: "CI0000002" }, { relation: "hosted_on", to: { type: "ci", number: "CI0000003" } },
		{ relation: "located_in", from: "CI0000003" }] }, items[1], items[2]]);
	const first = await bring(place, "ci", path);
	deepEqual(first.links, { new: 1, unchanged: 0, refused: 2 });
	ok(/has a link 'hosted_on' to another record already/.test(first.refusals[0].reason), first.refusals[0].reason);
	ok(/'located_in' does not go from a server to a virtual_machine/.test(first.refusals[1].reason), first.refusals[1].reason);
	put([{ ...items[0], links: [{ relation: "hostd_on", to: "CI0000002" }] }, { ...items[1], links: [{ relation: "hosted_on" }] }, { ...items[2], links: 7 }]);
	const wrong = await bring(place, "ci", path);
	equal(wrong.refused, 3);
	ok(/no relation is named 'hostd_on'/.test(wrong.refusals[0].reason) && /needs one of to and from/.test(wrong.refusals[1].reason) &&
		/links must be a list/.test(wrong.refusals[2].reason), JSON.stringify(wrong.refusals));
}));

test("what is exported with its relations comes back the same, as JSON lines and as CSV", () => inPlace("SQLite", async (from) => {
	const path = write("back.csv", LANDSCAPE, [[1, "vm1", "machine", "active", 2, "", "", "", DAY], [2, "host1", "server", "active", "", "room1", 3, "", DAY],
		[3, "switch1", "switch", "active", "", "", "", "", DAY], [4, "room1", "room", "active", "", "", "", "", DAY]]);
	await bring(from, "ci", path, "--map", landscape);
	const lines = await exported(from, "ci"), links = await linksOf(from);
	for (const format of ["jsonl", "csv"]) await inPlace("SQLite", async (to) => {
		const copy = join(folder, `copy.${format}`);
		writeFileSync(copy, `${(await exported(from, "ci", "--format", format)).join("\n")}\n`);
		const report = await bring(to, "ci", copy);
		deepEqual([report.new, report.refused, report.links], [4, 0, { new: 3, unchanged: 0, refused: 0 }], JSON.stringify(report));
		deepEqual(await linksOf(to), links);
		if (format === "jsonl") deepEqual(await exported(to, "ci"), lines);
	});
}));

test("a map says at its place what is wrong with its links", () => inPlace("SQLite", async (place) => {
	const path = write("wrong.csv", LANDSCAPE, []), wrong = join(folder, "wrong.map.yaml");
	const cases = [
		["{ relation: hostedon, to: ci, column: host }", /7:17: error: no relation is named 'hostedon'.*hosted_on/s],
		["{ relation: hosted_on, to: service, column: host }", /7:32: error: 'hosted_on' does not go from ci to service/],
		["{ relation: hosted_on, column: host }", /7:5: error: one of 'to: TYPE' and 'from: TYPE' is needed/],
		["{ relation: hosted_on, to: ci, by: nam, column: host }", /7:40: error: ci has no field 'nam'.*name/s],
		["{ relation: hosted_on, to: ci, by: vendor, column: host }", /7:40: error: records are found by texts with an index/],
		["{ relation: hosted_on, to: ci, colum: host }", /7:36: error: unknown key 'colum'.*column/s],
		["{ relation: hosted_on, to: ci, column: hst }", /no column 'hst'.*host/s],
	];
	for (const [link, expected] of cases) {
		writeFileSync(wrong, `import: ci\nsource: x\nat: updated\nfields:\n  name: { column: name }\nlinks:\n  - ${link}\n`);
		const { code, err } = await place.command(["import", "ci", path, "--map", wrong]);
		ok(code !== 0 && expected.test(err), `${link}: ${err}`);
	}
}));

for (const kind of ["SQLite", "PostgreSQL"]) test(`what is brought into a state that asks is asked, what is over is not (${kind})`, () => {
	if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES is not set");
	return inPlace(kind, async (place) => {
		await place.person("max", ["change_manager"]);
		const change = (n, state, more) => ({ number: `CHG000000${n}`, title: `Change ${n}`, requester: "max", change_type: "emergency", state, ...more });
		const path = join(folder, "changes.jsonl");
		const put = (list) => writeFileSync(path, `${list.map((one) => JSON.stringify(one)).join("\n")}\n`);
		put([change(1, "authorising", { requester: null }), change(2, "closed", { outcome: "successful" }), change(3, "implementing", { model: "standard_certificate" }), change(4, "draft")]);
		const first = await bring(place, "change", path);
		deepEqual([first.new, first.begun], [4, 2], JSON.stringify(first));
		const tasks = (await place.records("work_task")).map(({ parent, state }) => `${parent.number} ${state}`);
		ok(tasks.length === 3 && tasks.every((one) => one.startsWith("CHG0000003")), tasks.join());
		const again = await bring(place, "change", path);
		deepEqual([again.unchanged, again.begun], [4, undefined]);
		/* Many rows of one record: only where it ends counts. */
		put([change(5, "authorising", { updated_at: "2026-01-01T08:00:00Z" }), change(5, "closed", { outcome: "successful", updated_at: "2026-01-02T08:00:00Z" })]);
		deepEqual((await bring(place, "change", path)).begun, undefined);
		equal((await place.records("work_task")).length, 3);
	});
});

for (const kind of ["SQLite", "PostgreSQL"]) test(`the cables of a real inventory come with its rows (${kind})`, () => {
	if (kind === "PostgreSQL" && !postgres) skip("REEVE_TEST_POSTGRES is not set");
	const inventory = readInventory(), peers = new Map();
	for (const [from, to] of inventory.cables) peers.set(from, [...(peers.get(from) ?? []), to]);
	const rows = inventory.rows.filter(([, what]) => what === "device")
		.map(([id, , name]) => [id, name, "switch", "active", "", "", (peers.get(id) ?? []).join(";"), "", DAY]);
	const path = write("cables.csv", LANDSCAPE, rows);
	return inPlace(kind, async (place) => {
		const first = await bring(place, "ci", path, "--map", landscape);
		deepEqual([first.new, first.links], [inventory.devices, { new: inventory.cables.length, unchanged: 0, refused: 0 }], JSON.stringify(first.refusals));
		const again = await bring(place, "ci", path, "--map", landscape);
		deepEqual([again.unchanged, again.links.unchanged, again.links.new], [inventory.devices, inventory.cables.length, 0]);
		await place.cli("verify");
	});
});
