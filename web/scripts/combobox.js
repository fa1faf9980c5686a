/*
 * Type-ahead after the ARIA combobox pattern: for link fields (data-lookup; the value that is sent is the number, what is seen the
 * name; free text is sent as it is) and for the search box (data-suggest; goes to what is chosen). The server answers from what the
 * person may see.
 */
const WAIT_MS = 90;
let serial = 0;

class Combobox {
	constructor(input) {
		this.input = input;
		this.source = input.dataset.lookup ?? input.dataset.suggest;
		this.goes = "suggest" in input.dataset;
		this.many = "many" in input.dataset;
		this.items = [];
		this.at = -1;
		this.build();
		input.addEventListener("input", () => this.typed());
		input.addEventListener("focus", () => this.input.value === "" && !this.goes && this.ask(""));
		input.addEventListener("keydown", (event) => this.key(event));
		input.addEventListener("blur", () => setTimeout(() => this.close(), 150));
	}

	build() {
		const { input } = this;
		const box = input.closest(".combobox") ?? document.createElement("span");
		if (!box.classList.contains("combobox")) {
			box.className = "combobox";
			input.replaceWith(box);
			box.append(input);
		}
		if (!this.goes && !this.many) {
			this.hidden = document.createElement("input");
			this.hidden.type = "hidden";
			this.hidden.name = input.name;
			this.hidden.value = input.value;
			input.removeAttribute("name");
			input.value = input.dataset.words ?? input.value;
			box.append(this.hidden);
		}
		this.list = document.createElement("ul");
		this.list.id = `options-${++serial}`;
		this.list.className = "options";
		this.list.setAttribute("role", "listbox");
		this.list.setAttribute("aria-label", input.getAttribute("aria-label") ?? input.labels?.[0]?.textContent.trim() ?? "");
		this.list.hidden = true;
		box.append(this.list);
		input.setAttribute("role", "combobox");
		input.setAttribute("aria-autocomplete", "list");
		input.setAttribute("aria-expanded", "false");
		input.setAttribute("aria-controls", this.list.id);
	}

	typed() {
		if (this.hidden) this.hidden.value = this.input.value.trim();
		clearTimeout(this.timer);
		this.abort?.abort();
		const text = this.many ? this.input.value.split(",").pop().trim() : this.input.value.trim();
		/* What is offered follows the keys at once: a quick Enter must not take what was there before. */
		const folded = text.toLowerCase();
		this.show(this.items.filter((item) => `${item.title} ${item.number} ${item.subtitle ?? ""}`.toLowerCase().includes(folded)));
		if (text === "" && this.goes) this.close();
		else this.timer = setTimeout(() => this.ask(text), WAIT_MS);
	}

	recent() {
		return JSON.parse(sessionStorage.getItem(`recent:${this.source}`) ?? "[]");
	}

	async ask(text) {
		this.abort?.abort();
		this.abort = new AbortController();
		const answer = await fetch(`${this.source}?q=${encodeURIComponent(text)}`,
			{ headers: { Accept: "application/json" }, signal: this.abort.signal }).catch(() => null);
		/* The next key may call it off while the answer is still coming. */
		const found = answer?.ok ? await answer.json().catch(() => null) : null;
		if (!found || document.activeElement !== this.input) return;
		let { items } = found;
		if (text === "") {
			const recent = this.recent();
			items = [...recent, ...items.filter((item) => !recent.some((one) => one.number === item.number))].slice(0, 8);
		}
		this.show(items);
	}

	/* What is marked stays marked when better answers come. */
	show(items) {
		const marked = this.items[this.at]?.number;
		this.items = items;
		this.list.replaceChildren(...items.map((item, index) => this.option(item, index)));
		this.list.hidden = items.length === 0;
		this.input.setAttribute("aria-expanded", String(items.length > 0));
		this.mark(marked === undefined ? -1 : items.findIndex((item) => item.number === marked));
	}

	mark(index) {
		this.at = index;
		for (const [at, option] of [...this.list.children].entries()) option.setAttribute("aria-selected", String(at === index));
		const option = this.list.children[index];
		if (option) this.input.setAttribute("aria-activedescendant", option.id);
		else this.input.removeAttribute("aria-activedescendant");
		option?.scrollIntoView({ block: "nearest" });
	}

	option(item, index) {
		const option = document.createElement("li");
		option.id = `${this.list.id}-${index}`;
		option.className = "option";
		option.setAttribute("role", "option");
		option.setAttribute("aria-selected", "false");
		for (const [name, text] of [["option-title", item.title], ["faint", item.subtitle], ["faint number", item.number]]) {
			if (!text || (name !== "option-title" && text === item.title)) continue;
			const part = document.createElement("span");
			part.className = name;
			part.textContent = text;
			option.append(part);
		}
		option.addEventListener("mousedown", (event) => {
			event.preventDefault();
			this.choose(index);
		});
		return option;
	}

	move(step) {
		if (this.items.length === 0) return;
		this.mark((this.at + step + this.items.length + (this.at < 0 && step < 0 ? 1 : 0)) % this.items.length);
	}

	choose(index) {
		const item = this.items[index];
		if (!item) return;
		if (this.goes) {
			location.href = item.href;
			return;
		}
		if (this.many) {
			const kept = this.input.value.split(",").slice(0, -1).map((part) => part.trim());
			this.input.value = [...kept, item.number].join(", ") + ", ";
		} else {
			this.hidden.value = item.number;
			this.input.value = item.title;
		}
		const recent = [item, ...this.recent().filter((one) => one.number !== item.number)].slice(0, 4);
		sessionStorage.setItem(`recent:${this.source}`, JSON.stringify(recent));
		this.close();
		this.items = [];
		this.input.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "chosen" }));
		clearTimeout(this.timer);
		if (this.hidden) this.hidden.value = item.number;
		this.leave();
	}

	/* Something is typed that nobody has chosen yet. */
	isOpenQuestion() {
		const text = this.input.value.trim();
		return !this.goes && !this.many && text !== "" && this.hidden.value === text;
	}

	/* Enter takes the marked or the first of what fits; Ctrl+Enter sends the form with it. What fits nothing is sent as it is. */
	async settle(send) {
		const { form } = this.input;
		if (this.at < 0) {
			clearTimeout(this.timer);
			await this.ask(this.input.value.trim());
		}
		this.choose(Math.max(this.at, 0));
		if (send) form?.requestSubmit(form.querySelector("button.primary, button:not([type=button])"));
	}

	/* What goes to another team leaves the person who had it, unless somebody was named in the same form. */
	leave() {
		if (this.hidden?.name !== "team") return;
		const person = this.input.form?.elements.assignee;
		const seen = person?.closest(".combobox")?.querySelector("input[role=combobox]");
		if (!seen || seen.value !== seen.dataset.words) return;
		seen.value = "";
		person.value = "";
	}

	key(event) {
		if (event.isComposing) return;
		const open = !this.list.hidden;
		const sends = event.ctrlKey || event.metaKey;
		if (event.key === "ArrowDown" || event.key === "ArrowUp") {
			event.preventDefault();
			if (open) this.move(event.key === "ArrowDown" ? 1 : -1);
			else this.ask(this.input.value.trim());
		} else if (event.key === "Enter" && open && this.at >= 0 && !sends) {
			event.preventDefault();
			this.choose(this.at);
		} else if (event.key === "Enter" && this.isOpenQuestion()) {
			event.preventDefault();
			event.stopPropagation();
			this.settle(sends);
		} else if (event.key === "Tab" && open && !this.goes) {
			if (this.at >= 0) this.choose(this.at);
		} else if (event.key === "Escape" && open) {
			event.preventDefault();
			event.stopPropagation();
			this.close();
		}
	}

	close() {
		this.list.hidden = true;
		this.input.setAttribute("aria-expanded", "false");
		this.mark(-1);
	}
}

function attach(within) {
	for (const input of within.querySelectorAll("input[data-lookup]:not([role]), input[data-suggest]:not([role])")) new Combobox(input);
}
attach(document);
document.addEventListener("reeve:changed", (event) => attach(event.target));
