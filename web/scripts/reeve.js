/* The entry of the browser's scripts: says that scripts run; what each page part needs is in modules of its own. */
document.documentElement.classList.remove("no-script");
