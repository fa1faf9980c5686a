/* What the people of the demo company report, ask, note and answer: sentences with variation, so that search finds what belongs together. */
#include "cli/demo_private.h"

#include "base/buffer.h"

enum { HIGH, MEDIUM, LOW };

static const struct topic mail_topics[] = {
	{ "mail_delivery", "Mail to customers comes back", "Since {since} every message to customers outside comes back with error {code}. Mail inside the company works.",
	  "Could you send us one of the returned messages as a file?", "Attached. It is the same for my colleague {who}.", "Queue of the outgoing relay holds {number} messages; reputation check of the relay fails.",
	  "The outgoing relay was taken off a block list and the queue was sent again. Please send the message once more.", MEDIUM, HIGH },
	{ "mail_client", "The mail program asks for the password again and again", "The mail program asks for my password every few minutes on my {device}. I changed the password yesterday.",
	  "Does the web mail work with the new password?", "Yes, in the browser it works.", "Old credentials in the vault of the {device}; tokens expired at {since}.",
	  "The stored old password was removed from the credential store. The mail program has kept the new one since.", LOW, MEDIUM },
	{ "mail_box", "Mailbox is full", "I cannot send any more: the mailbox is full although I deleted {number} messages.",
	  "Is there an archive folder in your mailbox?", "Yes, with the projects of the last years.", "Mailbox at quota, recoverable items take half of it.",
	  "The archive was moved to the online archive and the quota raised by 20 GB.", LOW, LOW },
	{ "mail_delivery", "Mail arrives hours late", "Messages from the other sites arrive two or three hours late, since {since}.",
	  "Which messages are late, from inside or from outside?", "All that come from outside the company.", "Transport queue on node {number} stuck on a malformed calendar invitation.",
	  "A stuck message was removed from the transport queue; mail flows without delay again.", MEDIUM, MEDIUM },
	{ "mail_client", "Shared calendar cannot be opened", "The calendar of {floor} meeting rooms cannot be opened any more: no permission.",
	  "Since when, and does {who} see it?", "Since {since}; {who} sees it.", "Delegation lost when the group was renamed.",
	  "The permission of the group on the room calendars was set again.", LOW, MEDIUM },
};
static const struct topic network_topics[] = {
	{ "network_wifi", "No wireless network on {floor}", "The wireless network on {floor} drops every few minutes since {since}. By cable it works.",
	  "Is it every device, or only your {device}?", "All of us here; {number} people.", "Access point {number} reboots; power over Ethernet budget of the switch exceeded.",
	  "A faulty access point was replaced and the power budget of the switch corrected.", MEDIUM, HIGH },
	{ "network_vpn", "VPN does not connect from home", "The VPN stops at 80 % with error {code}. Yesterday it still worked.",
	  "Which version of the VPN client do you see under About?", "The one before the last; the update never came.", "Client below minimum version; gateway refuses since the change of the certificate.",
	  "The VPN client was updated and the new certificate installed. The connection holds.", LOW, HIGH },
	{ "network_lan", "Network socket on {floor} is dead", "The {device} gets no network at the socket on {floor}. Another socket works.",
	  "What is the number on the socket?", "Socket {number}.", "Port shut by port security: two addresses seen.",
	  "The switch port was opened again; a forgotten hub was removed.", LOW, MEDIUM },
	{ "network_lan", "Everything is slow on {floor}", "Opening files and pages takes minutes on {floor} since {since}.",
	  "Is the telephone affected too?", "Yes, the other side sounds chopped.", "Uplink at its limit: a backup ran in working hours.",
	  "A backup that ran in working hours was moved to the night; the uplink has room again.", HIGH, MEDIUM },
	{ "network_vpn", "Connection to the customer portal breaks off", "The tunnel to the test stand of the customer breaks off every {number} minutes.",
	  "Which test stand is it?", "Number {number}.", "Rekey interval of both ends differs.",
	  "The rekey interval of the tunnel was made the same on both ends.", LOW, MEDIUM },
};
static const struct topic workplace_topics[] = {
	{ "hardware", "{device} does not start", "My {device} stays dark since {since}. The charger lamp is on.",
	  "Please hold the power button for 30 seconds. What happens?", "Nothing at all.", "Mainboard dead, warranty until next year, case {number} opened.",
	  "The device was replaced; your files were brought back from the backup.", LOW, HIGH },
	{ "software", "{device} is very slow after the update", "Since the update of {since} my {device} takes ten minutes to start.",
	  "How much space is free on the disk?", "About {number} MB.", "Search index rebuilding, disk 97 % full.",
	  "Old restore points were removed and the index built anew; the start takes less than a minute.", LOW, LOW },
	{ "hardware", "Second screen stays black", "The second screen at the docking station on {floor} stays black.",
	  "Does it work with another cable?", "I have no other one.", "Docking firmware too old for the new driver.",
	  "The firmware of the docking station was updated.", LOW, LOW },
	{ "software", "I need an older version of the drawing program", "The customer sends drawings that our new version shows wrongly. Error {code}.",
	  "Which version does the customer use?", "The one of two years ago.", "Version {number} is still licensed for five seats.",
	  "The older version was installed beside the new one.", LOW, LOW },
	{ "hardware", "Keyboard types by itself", "The keyboard of my {device} types letters by itself since {since}.",
	  "Did something get onto it?", "A little coffee, perhaps.", "Coffee. Asset {number}.",
	  "The keyboard was exchanged.", LOW, MEDIUM },
	{ "software", "Virus warning on my {device}", "A window says that {number} threats were found on my {device} and that I must call a number.",
	  "Please do not call it. Did you enter anything there?", "No, I closed the lid.", "Browser notification scam, nothing was run.",
	  "It was a fake warning of a web page; its permission was removed and the device scanned clean.", LOW, HIGH },
};
static const struct topic print_topics[] = {
	{ "printing", "Printer on {floor} does not print", "The printer on {floor} takes the job and prints nothing, since {since}.",
	  "What does its display show?", "Error {code}.", "Fuser at end of life, part ordered.",
	  "The fuser unit was exchanged; the waiting jobs were printed.", MEDIUM, LOW },
	{ "printing", "Paper jam again and again", "Every tenth page jams in the printer on {floor}.",
	  "Which tray?", "Tray 2.", "Feed rollers worn, counter at {number} thousand.",
	  "New feed rollers were fitted.", LOW, LOW },
	{ "printing", "Scans do not arrive by mail", "Scanning to mail says sent, but nothing arrives since {since}.",
	  "To which address do you scan?", "To my own.", "Scanner still uses the old relay name.",
	  "The mail server's new name was entered in the device.", LOW, MEDIUM },
	{ "printing", "Labels are printed askew", "The labels for shipping are printed {number} mm too low.",
	  "Since the last change of the roll?", "Yes.", "Media size set to 100 mm instead of 102.",
	  "The label size was set right and calibrated.", MEDIUM, MEDIUM },
};
static const struct topic erp_topics[] = {
	{ "erp_orders", "Orders cannot be booked", "Booking an order ends with {code}. Several of us in sales are affected since {since}.",
	  "Which order number were you booking?", "Order {number}, but it is the same with others.", "Number range of the order type exhausted on node {number}.",
	  "The number range was extended; the orders of this morning were booked.", HIGH, HIGH },
	{ "erp_access", "No authorisation for goods receipt", "I should take over goods receipt from {who} and have no authorisation.",
	  "Who approves this for your department?", "My manager does, I have put them in copy.", "Role approved by the owner, request {number}.",
	  "The role for goods receipt was assigned; please sign in anew.", LOW, MEDIUM },
	{ "erp_orders", "Delivery notes show the wrong address", "Delivery notes for the Boston site show the old address.",
	  "Can you tell me the number of one of them?", "It is {number}.", "Address master had two valid entries.",
	  "The old address entry was ended; new delivery notes are right.", MEDIUM, MEDIUM },
	{ "erp_reports", "Month-end report is empty", "The report for month-end shows no figures since {since}.",
	  "Which variant do you run?", "The one of {who}.", "Job {number} of the night did not run: lock held by a test user.",
	  "The nightly job was run again; the report is complete.", MEDIUM, HIGH },
	{ "erp_reports", "Export to the spreadsheet stops", "The export stops after {number} rows with {code}.",
	  "Did it work last month?", "Yes.", "Memory limit of the work process.",
	  "The export was changed to run in the background; it delivers all rows.", LOW, LOW },
};
static const struct topic identity_topics[] = {
	{ "access", "Account is locked", "My account is locked since {since} and I have a presentation in an hour.",
	  "Did you change your password on your telephone too?", "No, I forgot about that.", "Phone with the old password locks the account every {number} minutes.",
	  "The account was unlocked and the password on the telephone changed.", LOW, HIGH },
	{ "access", "New colleague has no account", "{who} starts on Monday and has no account yet.",
	  "Which department and site?", "Production planning, {floor}.", "Request {number} was stuck at approval.",
	  "The account was made; the first sign-in letter lies at the reception.", LOW, MEDIUM },
	{ "access", "Second factor on the new telephone", "I have a new telephone and cannot sign in without the code of the old one.",
	  "Is your manager reachable to confirm that it is you?", "Yes, {who}.", "Identity confirmed by the manager.",
	  "The second factor was set up anew on the new telephone.", LOW, MEDIUM },
	{ "access", "Access to the folder of {floor}", "I moved to another department and cannot open the common folder.",
	  "Who owns the folder?", "{who}.", "Owner agreed by mail.",
	  "You are in the group of the folder now; please sign in anew.", LOW, LOW },
};
static const struct topic phone_topics[] = {
	{ "telephony", "No dial tone on {floor}", "The telephones on {floor} have been silent since {since}.",
	  "All of them, or only some?", "All {number}.", "Session border controller lost its registration.",
	  "The registration at the carrier was renewed; calls work in both directions.", HIGH, HIGH },
	{ "telephony", "Headset is not heard", "The other side does not hear me with the new headset on my {device}.",
	  "Is the headset chosen in the settings of the calls?", "I do not find that.", "Wrong default device.",
	  "The headset was chosen as the device for calls.", LOW, LOW },
	{ "telephony", "Calls to {who} ring elsewhere", "Calls to {who} ring at the reception since {since}.",
	  "Was a forwarding set there?", "Not that we know.", "Forwarding left from the holidays.",
	  "The old forwarding was removed.", LOW, MEDIUM },
};
static const struct topic file_topics[] = {
	{ "files", "Folder has vanished", "The folder of project {number} was there at noon and has vanished.",
	  "What was it called, and who works with it?", "Project {number}; {who} and I.", "Moved into a neighbouring folder by mistake at {since}.",
	  "The folder had been moved by mistake and is back in its place.", MEDIUM, HIGH },
	{ "files", "File is locked by somebody", "I cannot save: the file is said to be open by {who}, who is on holiday.",
	  "Which file is it?", "The price list, version {number}.", "Handle open since {since}.",
	  "The open handle was closed; the file can be saved.", LOW, MEDIUM },
	{ "files", "Restore a file of last week", "I saved over the calculation for offer {number}.",
	  "From which day do you need it?", "Wednesday at noon would be best.", "Snapshot found.",
	  "The file of that day was restored beside the present one.", LOW, MEDIUM },
	{ "files", "No space left on the drive", "Saving says no space left on the drive of {floor}.",
	  "Could you delete old recordings there?", "We deleted {number} GB.", "Volume at 99 %, growth from recordings.",
	  "The volume was extended and the owners of the largest folders were told.", MEDIUM, MEDIUM },
};
static const struct topic people_topics[] = {
	{ "personnel", "Time sheet cannot be submitted", "The time sheet of last week says {code} when I submit it.",
	  "Which day shows the error?", "The Thursday, a holiday.", "Holiday calendar of the site missing for this year.",
	  "The holiday calendar of the site was added; the time sheet can be submitted.", LOW, LOW },
	{ "personnel", "Leave is counted twice", "My leave in August is counted twice: {number} days instead of half of it.",
	  "Did you correct the request yourself?", "Yes, once.", "Both requests approved by the workflow.",
	  "The doubled request was withdrawn; the balance is right.", LOW, LOW },
	{ "personnel", "Payslip of a colleague in my inbox", "I have received the payslip of {who} by mistake.",
	  "Please do not forward it. When did it arrive?", "{since}.", "Envelope machine took two sheets; data protection told, case {number}.",
	  "The person concerned was told and the run was checked; it was the only one.", LOW, HIGH },
};
static const struct topic web_topics[] = {
	{ "web", "Web shop shows an error page", "Customers see an error page when they put measuring heads into the basket, since {since}.",
	  "Which article was it?", "Article {number}.", "Cache node {number} served an old template.",
	  "The cache was emptied and the template delivered again; the basket works.", HIGH, HIGH },
	{ "web", "Page of the intranet is out of date", "The canteen's page shows the menu of last week.",
	  "Who keeps that page?", "{who} did, but has left.", "No owner recorded.",
	  "The page has a new owner, who has updated it.", LOW, LOW },
	{ "web", "Certificate warning on the supplier portal", "The browser warns of an insecure connection on the supplier portal.",
	  "What does the warning say exactly?", "Certificate expired, {code}.", "Renewal hook failed on node {number}.",
	  "The certificate was renewed and its renewal is watched now.", MEDIUM, HIGH },
};
static const struct topic plant_topics[] = {
	{ "plant", "Test stand {number} does not send results", "Test stand {number} measures, but no results reach the database since {since}.",
	  "Does the lamp of the gateway blink?", "It is red.", "Gateway lost its time; certificates not yet valid.",
	  "The clock of the gateway was set and watched; the results of the gap were sent later.", MEDIUM, HIGH },
	{ "plant", "Barcode reader in the warehouse reads nothing", "The barcode readers at gate {number} read nothing any more.",
	  "Are they charged?", "Yes, all green.", "Firmware profile lost after the reset.",
	  "The profile was loaded onto the readers again.", MEDIUM, MEDIUM },
	{ "plant", "Machine terminal freezes", "The terminal at machine {number} freezes when an order is chosen.",
	  "Always, or with some orders?", "With orders that have more than one drawing.", "Viewer runs out of memory.",
	  "The viewer of the terminal was updated.", MEDIUM, HIGH },
};

#define GROUP(name) { #name, name##_topics, array_length(name##_topics) }
const struct topic_group topic_groups[] = {
	GROUP(mail), GROUP(network), GROUP(workplace), GROUP(print), GROUP(erp), GROUP(identity),
	GROUP(phone), GROUP(file), GROUP(people), GROUP(web), GROUP(plant),
};
const size_t topic_group_count = array_length(topic_groups);

const char *const demo_replies[] = {
	"We have your report and are looking into it.", "Thank you, we can see the same here.", "A colleague is on the way to {floor}.",
	"We have found the cause and are working on it.", "Could you try again in ten minutes, please?", "We have to ask the supplier and will write again today.",
};
const size_t demo_reply_count = array_length(demo_replies);
const char *const demo_reopenings[] = {
	"It worked for an hour and is back: {code}.", "Sorry, for me nothing has changed.", "It works for me, but not for {who}.",
	"This morning it is the same again.",
};
const size_t demo_reopening_count = array_length(demo_reopenings);
const char *const demo_thanks[] = { "It works, thank you!", "Great, that was quick.", "Confirmed, it works again." };
const size_t demo_thanks_count = array_length(demo_thanks);
const char *const demo_cancellations[] = { "It works again by itself.", "I have found it: my own mistake.", "{who} has reported it already." };
const size_t demo_cancellation_count = array_length(demo_cancellations);

/* ---- filling in ---- */

static const char *const floors[] = { "the ground floor", "the first floor", "the second floor", "the third floor", "the test hall",
	                              "the warehouse", "the reception", "building 2", "the training room", "the canteen" };
static const char *const devices[] = { "laptop", "tablet", "workstation", "telephone", "docking station", "notebook" };
static const char *const sinces[] = { "this morning", "yesterday evening", "nine o'clock", "the weekend", "an hour ago", "lunch",
	                              "Monday", "the power cut" };
static const char *const whos[] = { "the colleague next to me", "my manager", "our trainee", "the shift lead", "purchasing", "the night shift" };

const struct topic_group *topic_group_find(const char *name)
{
	for (size_t i = 0; i < topic_group_count; i++)
		if (strcmp(topic_groups[i].name, name) == 0)
			return &topic_groups[i];
	return &topic_groups[0];
}

static void fill(struct buffer *out, struct chance *chance, text name)
{
	if (text_equal(name, T("floor")))
		buffer_text(out, text_from(floors[chance_pick(chance, array_length(floors))]));
	else if (text_equal(name, T("device")))
		buffer_text(out, text_from(devices[chance_pick(chance, array_length(devices))]));
	else if (text_equal(name, T("since")))
		buffer_text(out, text_from(sinces[chance_pick(chance, array_length(sinces))]));
	else if (text_equal(name, T("who")))
		buffer_text(out, text_from(whos[chance_pick(chance, array_length(whos))]));
	else if (text_equal(name, T("code")))
		buffer_format(out, "%s%04zX", chance_of(chance, 50) ? "0x8004" : "E-", chance_pick(chance, 0xffff));
	else
		buffer_integer(out, 2 + (int64_t)chance_pick(chance, 400));
}

text words_of(struct arena *arena, struct chance *chance, const char *source)
{
	struct buffer out;
	text rest = text_from(source);
	buffer_init(&out, arena, 4000);
	while (rest.length > 0) {
		ptrdiff_t open = text_find_char(rest, '{'), close = text_find_char(rest, '}');
		if (open < 0 || close < open) {
			buffer_text(&out, rest);
			break;
		}
		buffer_text(&out, text_slice(rest, 0, (size_t)open));
		fill(&out, chance, text_slice(rest, (size_t)open + 1, (size_t)close));
		rest = text_slice(rest, (size_t)close + 1, rest.length);
	}
	text filled = buffer_peek(&out);
	/* A sentence or title may begin with a filled-in word. */
	char *bytes = arena_copy(arena, filled.data, filled.length + 1);
	if (filled.length > 0 && bytes[0] >= 'a' && bytes[0] <= 'z')
		bytes[0] = (char)(bytes[0] - 'a' + 'A');
	return (text){ bytes, filled.length };
}
