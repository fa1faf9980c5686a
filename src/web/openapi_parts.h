/*
 * The parts of the OpenAPI description that are the same for every set of definitions, as JSON: schemas, parameters, answers.
 * Only openapi.c includes this.
 */
#ifndef REEVE_WEB_OPENAPI_PARTS_H
#define REEVE_WEB_OPENAPI_PARTS_H

#define OPENAPI_HEAD \
	"{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Reeve\",\"summary\":\"IT service management\"," \
	"\"description\":\"Every record," \
	" transition and event of Reeve. Printed from the active definitions.\"," \
	"\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}}}"

#define OPENAPI_COMPONENTS \
	"{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}," \
	"\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"reeve_session\"}}," \
	"\"responses\":{\"Problem\":{\"description\":\"What went wrong\"," \
	"\"content\":{\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}}," \
	"\"parameters\":{\"IdempotencyKey\":{\"name\":\"Idempotency-Key\",\"in\":\"header\"," \
	"\"required\":false,\"schema\":{\"type\":\"string\",\"maxLength\":200}," \
	"\"description\":\"A repeat within 24 hours gets the first answer\"}," \
	"\"IfMatch\":{\"name\":\"If-Match\",\"in\":\"header\",\"required\":false," \
	"\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"The version that the change is meant for\"}}}"

#define OPENAPI_QUERIES \
	"{\"approvals_waiting\":[{\"name\":\"limit\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":200},\"description\":\"Rows of a page\"},{\"name\":\"after\"," \
	"\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"},\"description\":\"Cursor of the previous page\"}]," \
	"\"compare_get\":[{\"name\":\"at\",\"in\":\"query\",\"required\":true,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"The moment to compare with\"}]," \
	"\"definition_get\":[{\"name\":\"version\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"integer\",\"minimum\":1},\"description\":\"Whose source is shown; the active one otherwise\"}]," \
	"\"impact_get\":[{\"name\":\"direction\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\",\"enum\":[\"up\",\"down\"]},\"description\":\"up: what suffers; down: what it rests on\"}," \
	"{\"name\":\"depth\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"integer\",\"minimum\":0}," \
	"\"description\":\"Steps; 0: all\"}],\"related_list\":[{\"name\":\"q\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\"},\"description\":\"A condition\"},{\"name\":\"limit\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":200},\"description\":\"Rows\"}," \
	"{\"name\":\"after\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"Cursor of the previous page\"}]," \
	"\"record_list\":[{\"name\":\"q\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\"},\"description\":\"A condition\"},{\"name\":\"sort\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"string\"},\"description\":\"Field names," \
	" - for descending\"},{\"name\":\"limit\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":200}," \
	"\"description\":\"Rows of a page\"},{\"name\":\"after\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\"},\"description\":\"Cursor of the previous page\"}," \
	"{\"name\":\"fields\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"Names of fields, with commas\"},{\"name\":\"count\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"boolean\"},\"description\":\"Count matches," \
	" up to 1000\"}],\"record_get\":[{\"name\":\"fields\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\"},\"description\":\"Names of fields, with commas\"}," \
	"{\"name\":\"as_of\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"A moment: the record as it was then\"}],\"search\":[{\"name\":\"q\"," \
	"\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"},\"description\":\"Words\"}," \
	"{\"name\":\"type\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"A type\"},{\"name\":\"order\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\",\"enum\":[\"ranked\",\"newest\"]},\"description\":\"Order\"}," \
	"{\"name\":\"limit\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"integer\"," \
	"\"minimum\":1,\"maximum\":200},\"description\":\"Rows of a page\"},{\"name\":\"after\"," \
	"\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"Cursor of the previous page\"},{\"name\":\"prefix\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"The last word is a beginning\"}],\"changes\":[{\"name\":\"since\"," \
	"\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"integer\",\"minimum\":0}," \
	"\"description\":\"Sequence of the last known event\"},{\"name\":\"limit\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000}," \
	"\"description\":\"Events of a page\"}],\"live\":[{\"name\":\"topics\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"string\"},\"description\":\"Topics," \
	" with commas: TYPE/NUMBER, TYPE, notifications; none: everything\"}]," \
	"\"calendar\":[{\"name\":\"from\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\"},\"description\":\"A moment; else now\"},{\"name\":\"to\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"string\"},\"description\":\"A moment; else 30 days later\"}," \
	"{\"name\":\"published\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"boolean\"}," \
	"\"description\":\"What everybody may know of, only\"}],\"collision_list\":[{\"name\":\"start\",\"in\":\"query\"," \
	"\"required\":false,\"schema\":{\"type\":\"string\"},\"description\":\"Another beginning than its own\"}," \
	"{\"name\":\"end\",\"in\":\"query\",\"required\":false,\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"Another end than its own\"}]," \
	"\"attachment_get\":[{\"name\":\"inline\",\"in\":\"query\",\"required\":false," \
	"\"schema\":{\"type\":\"string\"}," \
	"\"description\":\"Raster images may be shown instead of saved\"}]}"

#define OPENAPI_SCHEMAS \
	"{\"Comparison\":{\"type\":\"object\",\"required\":[\"at\",\"changes\",\"linked\",\"unlinked\"],\"properties\":{" \
	"\"at\":{\"type\":\"string\",\"format\":\"date-time\"},\"changes\":{\"type\":\"array\",\"items\":{\"type\":\"object\"," \
	"\"required\":[\"field\",\"then\",\"now\"],\"properties\":{\"field\":{\"type\":\"string\"},\"then\":{},\"now\":{}}," \
	"\"additionalProperties\":false}},\"linked\":{\"$ref\":\"#/components/schemas/ComparedLinks\"}," \
	"\"unlinked\":{\"$ref\":\"#/components/schemas/ComparedLinks\"}},\"additionalProperties\":false}," \
	"\"ComparedLinks\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"relation\",\"inverse\",\"other\"]," \
	"\"properties\":{\"relation\":{\"type\":\"string\"},\"inverse\":{\"type\":\"boolean\"},\"label\":{\"type\":\"string\"}," \
	"\"other\":{\"$ref\":\"#/components/schemas/Reference\"}},\"additionalProperties\":false}}," \
	"\"ControlClear\":{\"type\":\"object\",\"properties\":{\"comment\":{\"type\":\"string\"},\"by\":{\"type\":\"string\"," \
	"\"description\":\"Number of the record that authorises it afterwards\"}},\"additionalProperties\":false}," \
	"\"RelatedList\":{\"type\":\"object\",\"required\":[\"items\",\"next\"],\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"object\",\"required\":[\"number\",\"type\"],\"additionalProperties\":true}}," \
	"\"next\":{\"type\":[\"string\",\"null\"]},\"total\":{\"type\":\"integer\"},\"total_capped\":{\"type\":\"boolean\"}}," \
	"\"additionalProperties\":false},\"Impact\":{\"type\":\"object\",\"required\":[\"direction\",\"items\",\"hidden\",\"cut\"," \
	"\"deeper\"],\"properties\":{\"direction\":{\"type\":\"string\",\"enum\":[\"up\",\"down\"]},\"hidden\":{\"type\":\"integer\"," \
	"\"description\":\"Records that you may not see\"},\"cut\":{\"type\":\"boolean\"},\"deeper\":{\"type\":\"boolean\"}," \
	"\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"type\",\"number\",\"level\"]," \
	"\"properties\":{\"type\":{\"type\":\"string\"},\"number\":{\"type\":\"string\"},\"title\":{\"type\":[\"string\",\"null\"]}," \
	"\"class\":{\"type\":\"string\"},\"state\":{\"type\":\"string\"},\"level\":{\"type\":\"integer\",\"minimum\":1}," \
	"\"relation\":{\"type\":[\"string\",\"null\"]},\"inverse\":{\"type\":\"boolean\"}," \
	"\"via\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}}," \
	"\"additionalProperties\":false}}},\"additionalProperties\":false}," \
	"\"WebhookMessages\":{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"object\",\"required\":[\"id\",\"key\",\"state\",\"attempts\"],\"properties\":{\"id\":{\"type\":\"integer\"}," \
	"\"key\":{\"type\":\"string\"},\"rule\":{\"type\":[\"string\",\"null\"]}," \
	"\"state\":{\"type\":\"string\",\"enum\":[\"waiting\",\"sent\",\"dead\"]},\"payload\":{\"type\":\"object\"}," \
	"\"created_at\":{\"type\":\"string\"},\"due_at\":{\"type\":[\"string\",\"null\"]},\"ended_at\":{\"type\":[\"string\",\"null\"]}," \
	"\"attempts\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"at\",\"status\",\"duration_ms\"]," \
	"\"properties\":{\"at\":{\"type\":\"string\"},\"status\":{\"type\":[\"integer\",\"null\"]},\"duration_ms\":{\"type\":\"integer\"}," \
	"\"error\":{\"type\":[\"string\",\"null\"]}},\"additionalProperties\":false}}},\"additionalProperties\":false}}}," \
	"\"additionalProperties\":false}," \
	"\"WebhookTest\":{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"integer\"}}," \
	"\"additionalProperties\":false}," \
	"\"Anything\":{\"type\":\"object\",\"additionalProperties\":true},\"Status\":{\"type\":\"object\"," \
	"\"required\":[\"status\"],\"properties\":{\"status\":{\"type\":\"string\"}," \
	"\"version\":{\"type\":\"string\"},\"definitions\":{\"type\":\"integer\"}}," \
	"\"additionalProperties\":false},\"Reference\":{\"type\":\"object\",\"required\":[\"type\"," \
	"\"number\"],\"properties\":{\"type\":{\"type\":\"string\"},\"number\":{\"type\":[\"string\"," \
	"\"null\"]},\"title\":{\"type\":[\"string\",\"null\"]}},\"additionalProperties\":false}," \
	"\"Problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\"]," \
	"\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"}," \
	"\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},\"errors\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"object\",\"required\":[\"message\"]," \
	"\"properties\":{\"field\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"}," \
	"\"hint\":{\"type\":\"string\"},\"line\":{\"type\":\"integer\"},\"column\":{\"type\":\"integer\"}}," \
	"\"additionalProperties\":false}}},\"additionalProperties\":true}," \
	"\"Transition\":{\"type\":\"object\",\"required\":[\"name\",\"to\",\"needs\"]," \
	"\"properties\":{\"name\":{\"type\":\"string\"},\"to\":{\"type\":\"string\"}," \
	"\"needs\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"additionalProperties\":false}," \
	"\"Offering\":{\"type\":\"object\",\"required\":[\"name\",\"title\"],\"properties\":{\"name\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"description\":{\"type\":[\"string\",\"null\"]},\"price\":{\"type\":[\"string\",\"null\"]},\"monthly\":{\"type\":[\"string\",\"null\"]},\"price_words\":{\"type\":[\"string\",\"null\"]},\"monthly_words\":{\"type\":[\"string\",\"null\"]},\"delivery\":{\"type\":[\"string\",\"null\"]},\"category\":{\"type\":[\"string\",\"null\"]},\"service\":{\"type\":[\"string\",\"null\"]},\"href\":{\"type\":\"string\"}},\"additionalProperties\":false}," \
	"\"Catalogue\":{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Offering\"}}},\"additionalProperties\":false}," \
	"\"Question\":{\"type\":\"object\",\"required\":[\"question\",\"label\",\"kind\",\"required\",\"asked\"],\"properties\":{\"question\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"},\"help\":{\"type\":[\"string\",\"null\"]},\"kind\":{\"type\":\"string\"},\"required\":{\"type\":\"boolean\"},\"asked\":{\"type\":\"boolean\"}," \
	"\"choices\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"}},\"additionalProperties\":false}},\"to\":{\"type\":\"string\"},\"value\":{},\"least\":{\"type\":\"integer\"},\"most\":{\"type\":\"integer\"}," \
	"\"questions\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Question\"}}},\"additionalProperties\":false}," \
	"\"OfferingForm\":{\"type\":\"object\",\"required\":[\"offering\",\"pages\",\"approvals\"],\"properties\":{\"offering\":{\"$ref\":\"#/components/schemas/Offering\"},\"model\":{\"type\":[\"string\",\"null\"]},\"pages\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"},\"asked\":{\"type\":\"boolean\"}," \
	"\"questions\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Question\"}}},\"additionalProperties\":false}}," \
	"\"approvals\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"approval\":{\"type\":\"string\"},\"steps\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"label\":{\"type\":\"string\"},\"people\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"additionalProperties\":false}}},\"additionalProperties\":false}}," \
	"\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"field\":{\"type\":\"string\"},\"message\":{\"type\":\"string\"}},\"additionalProperties\":false}}},\"additionalProperties\":false}," \
	"\"OfferingFormInput\":{\"type\":\"object\",\"properties\":{\"answers\":{\"type\":[\"object\",\"null\"]},\"requester\":{\"type\":[\"string\",\"null\"]}},\"additionalProperties\":false}," \
	"\"Answer\":{\"type\":\"object\",\"required\":[\"question\",\"label\"],\"properties\":{\"question\":{\"type\":\"string\"}," \
	"\"label\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},\"value\":{},\"words\":{\"type\":[\"string\",\"null\"]}," \
	"\"rows\":{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Answer\"}}}}," \
	"\"additionalProperties\":false}," \
	"\"TaskSummary\":{\"type\":\"object\",\"required\":[\"total\",\"open\",\"done\",\"failed\"],\"properties\":{" \
	"\"total\":{\"type\":\"integer\"},\"open\":{\"type\":\"integer\"},\"done\":{\"type\":\"integer\"}," \
	"\"failed\":{\"type\":\"integer\"}},\"additionalProperties\":false}," \
	"\"Children\":{\"type\":\"object\",\"required\":[\"type\",\"total\",\"more\",\"states\"],\"properties\":{" \
	"\"type\":{\"type\":\"string\"},\"total\":{\"type\":\"integer\"},\"more\":{\"type\":\"boolean\"}," \
	"\"states\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}},\"additionalProperties\":false}," \
	"\"Task\":{\"type\":\"object\",\"required\":[\"number\",\"title\",\"state\",\"group\",\"level\",\"after\"]," \
	"\"properties\":{\"number\":{\"type\":\"string\"},\"title\":{\"type\":[\"string\",\"null\"]}," \
	"\"state\":{\"type\":\"string\"},\"group\":{\"type\":\"string\"},\"level\":{\"type\":\"integer\"}," \
	"\"step\":{\"type\":[\"string\",\"null\"]},\"needed\":{\"type\":[\"string\",\"null\"]}," \
	"\"due\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}," \
	"\"team\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}," \
	"\"assignee\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}," \
	"\"after\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"additionalProperties\":false}," \
	"\"TaskGraph\":{\"type\":\"object\",\"required\":[\"items\",\"edges\"],\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"$ref\":\"#/components/schemas/Task\"}},\"edges\":{\"type\":\"array\",\"items\":{\"type\":\"object\"," \
	"\"required\":[\"from\",\"to\"],\"properties\":{\"from\":{\"type\":\"string\"},\"to\":{\"type\":\"string\"}}," \
	"\"additionalProperties\":false}}},\"additionalProperties\":false}," \
	"\"Clock\":{\"type\":\"object\",\"required\":[\"name\",\"state\",\"goal_ms\",\"elapsed_ms\",\"due_at\"," \
	"\"ledger\"],\"properties\":{\"name\":{\"type\":\"string\"},\"state\":{\"type\":\"string\"," \
	"\"enum\":[\"running\",\"paused\",\"stopped\"]},\"breached\":{\"type\":\"boolean\"}," \
	"\"goal_ms\":{\"type\":[\"integer\",\"null\"]},\"elapsed_ms\":{\"type\":\"integer\"}," \
	"\"started_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}," \
	"\"stopped_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}," \
	"\"due_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}," \
	"\"calendar\":{\"type\":[\"string\",\"null\"]},\"ledger\":{\"type\":\"array\"," \
	"\"items\":{\"$ref\":\"#/components/schemas/Interval\"}}},\"additionalProperties\":false}," \
	"\"Interval\":{\"type\":\"object\",\"required\":[\"from\",\"to\",\"kind\",\"counted_ms\"]," \
	"\"properties\":{\"from\":{\"type\":\"string\",\"format\":\"date-time\"},\"to\":{\"type\":\"string\"," \
	"\"format\":\"date-time\"},\"kind\":{\"type\":\"string\",\"enum\":[\"running\",\"paused\",\"closed\"," \
	"\"holiday\"]},\"reason\":{\"type\":[\"string\",\"null\"]},\"counted_ms\":{\"type\":\"integer\"}}," \
	"\"additionalProperties\":false},\"Event\":{\"type\":\"object\",\"required\":[\"id\"]," \
	"\"properties\":{\"id\":{\"type\":\"integer\"},\"seq\":{\"type\":[\"integer\",\"null\"]}," \
	"\"kind\":{\"type\":\"string\"},\"at\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"recorded_at\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"actor\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}," \
	"\"origin\":{\"type\":\"string\"},\"visibility\":{\"type\":\"string\",\"enum\":[\"public\"," \
	"\"internal\"]},\"version\":{\"type\":\"integer\"},\"cause\":{\"type\":[\"integer\",\"null\"]}}," \
	"\"additionalProperties\":true," \
	"\"description\":\"Further members say what happened: changes, transition," \
	" comment ...\"},\"EventList\":{\"type\":\"object\",\"required\":[\"items\",\"next\"]," \
	"\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"$ref\":\"#/components/schemas/Event\"}},\"next\":{\"type\":[\"string\",\"null\"]}}," \
	"\"additionalProperties\":false},\"Comment\":{\"type\":\"object\",\"required\":[\"text\"]," \
	"\"properties\":{\"text\":{\"type\":\"string\"},\"visibility\":{\"type\":\"string\"," \
	"\"enum\":[\"public\",\"internal\"]}},\"additionalProperties\":false}," \
	"\"Attachment\":{\"type\":\"object\",\"required\":[\"id\",\"name\",\"size\"]," \
	"\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"}," \
	"\"media_type\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"},\"sha256\":{\"type\":\"string\"}," \
	"\"visibility\":{\"type\":\"string\",\"enum\":[\"public\",\"internal\"]}," \
	"\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"created_by\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}," \
	"\"url\":{\"type\":\"string\"}},\"additionalProperties\":false}," \
	"\"AttachmentList\":{\"type\":\"object\",\"required\":[\"items\",\"next\"]," \
	"\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"$ref\":\"#/components/schemas/Attachment\"}},\"next\":{\"type\":[\"string\"," \
	"\"null\"]}},\"additionalProperties\":false},\"AttachmentCreated\":{\"type\":\"object\"," \
	"\"required\":[\"id\",\"items\"],\"properties\":{\"id\":{\"type\":\"integer\"}," \
	"\"name\":{\"type\":\"string\"},\"media_type\":{\"type\":\"string\"},\"size\":{\"type\":\"integer\"}," \
	"\"sha256\":{\"type\":\"string\"},\"visibility\":{\"type\":\"string\",\"enum\":[\"public\"," \
	"\"internal\"]},\"created_at\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"created_by\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}," \
	"\"url\":{\"type\":\"string\"},\"items\":{\"type\":\"array\"," \
	"\"items\":{\"$ref\":\"#/components/schemas/Attachment\"}}},\"additionalProperties\":false}," \
	"\"Upload\":{\"type\":\"object\",\"required\":[\"file\"],\"properties\":{\"file\":{\"type\":\"string\"," \
	"\"contentMediaType\":\"application/octet-stream\"},\"visibility\":{\"type\":\"string\"," \
	"\"enum\":[\"public\",\"internal\"]}}},\"Link\":{\"type\":\"object\",\"required\":[\"id\"]," \
	"\"properties\":{\"id\":{\"type\":\"integer\"},\"relation\":{\"type\":\"string\"}," \
	"\"inverse\":{\"type\":\"boolean\"},\"label\":{\"type\":\"string\"}," \
	"\"to\":{\"$ref\":\"#/components/schemas/Reference\"},\"created_at\":{\"type\":\"string\"," \
	"\"format\":\"date-time\"},\"url\":{\"type\":\"string\"}},\"additionalProperties\":false}," \
	"\"Definitions\":{\"type\":\"object\",\"required\":[\"items\",\"publication\"],\"properties\":{" \
	"\"publication\":{\"type\":\"integer\"},\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\"," \
	"\"required\":[\"type\",\"active\"],\"properties\":{\"type\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"}," \
	"\"practice\":{\"type\":\"string\"},\"path\":{\"type\":\"string\"},\"active\":{\"type\":\"integer\"}," \
	"\"url\":{\"type\":\"string\"}},\"additionalProperties\":false}}},\"additionalProperties\":false}," \
	"\"Definition\":{\"type\":\"object\",\"required\":[\"type\",\"active\",\"versions\",\"source\"],\"properties\":{" \
	"\"type\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"},\"practice\":{\"type\":\"string\"}," \
	"\"path\":{\"type\":\"string\"},\"active\":{\"type\":\"integer\"},\"url\":{\"type\":\"string\"}," \
	"\"states\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\"" \
	":\"string\"},\"label\":{\"type\":\"string\"},\"group\":{\"type\":\"string\"},\"initial\":{\"type" \
	"\":\"boolean\"},\"asks\":{\"type\":[\"string\",\"null\"]},\"tasks\":{\"type\":\"boolean\"}},\"ad" \
	"ditionalProperties\":false}}," \
	"\"transitions\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"t" \
	"ype\":\"string\"},\"label\":{\"type\":\"string\"},\"from\":{\"type\":[\"string\",\"null\"]},\"to" \
	"\":{\"type\":\"string\"},\"by\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"needs\":{" \
	"\"type\":\"array\",\"items\":{\"type\":\"string\"}},\"guard\":{\"type\":[\"string\",\"null\"]}," \
	"\"message\":{\"type\":[\"string\",\"null\"]},\"sets\":{\"type\":[\"string\",\"null\"]}},\"additi" \
	"onalProperties\":false}}," \
	"\"approvals\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"typ" \
	"e\":\"string\"},\"label\":{\"type\":\"string\"},\"in\":{\"type\":[\"string\",\"null\"]},\"when\"" \
	":{\"type\":[\"string\",\"null\"]},\"parallel\":{\"type\":\"boolean\"},\"steps\":{\"type\":\"arra" \
	"y\",\"items\":{\"type\":\"string\"}},\"not\":{\"type\":[\"string\",\"null\"]},\"expires\":{\"typ" \
	"e\":[\"string\",\"null\"]},\"approved\":{\"type\":[\"string\",\"null\"]},\"rejected\":{\"type\":" \
	"[\"string\",\"null\"]},\"expired\":{\"type\":[\"string\",\"null\"]},\"voided\":{\"type\":[\"stri" \
	"ng\",\"null\"]}},\"additionalProperties\":false}}," \
	"\"tasks\":{\"oneOf\":[{\"type\":\"null\"},{\"type\":\"object\",\"properties\":{\"in\":{\"type\":" \
	"[\"string\",\"null\"]},\"done\":{\"type\":[\"string\",\"null\"]},\"failed\":{\"type\":[\"string" \
	"\",\"null\"]},\"waits\":{\"type\":\"boolean\"},\"steps\":{\"type\":\"array\",\"items\":{\"type\"" \
	":\"string\"}}},\"additionalProperties\":false}]}," \
	"\"clocks\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\"" \
	":\"string\"},\"label\":{\"type\":\"string\"},\"start\":{\"type\":[\"string\",\"null\"]},\"stop\"" \
	":{\"type\":[\"string\",\"null\"]},\"pause\":{\"type\":[\"string\",\"null\"]},\"goals\":{\"type\"" \
	":\"array\",\"items\":{\"type\":\"string\"}}},\"additionalProperties\":false}}," \
	"\"rules\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":" \
	"\"string\"},\"when\":{\"type\":[\"string\",\"null\"]},\"if\":{\"type\":[\"string\",\"null\"]},\"" \
	"then\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"additionalProperties\":false}}," \
	"\"findings\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"message\":{\"t" \
	"ype\":\"string\"},\"hint\":{\"type\":[\"string\",\"null\"]},\"line\":{\"type\":\"integer\"},\"co" \
	"lumn\":{\"type\":\"integer\"}},\"additionalProperties\":false}}," \
	"\"shown\":{\"type\":\"integer\"},\"source\":{\"type\":\"string\"},\"versions\":{\"type\":\"array\",\"items\":{" \
	"\"type\":\"object\",\"required\":[\"version\",\"active\",\"records\",\"differences\"],\"properties\":{" \
	"\"version\":{\"type\":\"integer\"},\"publication\":{\"type\":\"integer\"},\"published_at\":{\"type\":\"string\"," \
	"\"format\":\"date-time\"},\"active\":{\"type\":\"boolean\"},\"records\":{\"type\":\"integer\"}," \
	"\"differences\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}},\"additionalProperties\":false}}}," \
	"\"additionalProperties\":false}," \
	"\"CollisionList\":{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"object\",\"required\":[\"kind\",\"type\",\"number\",\"from\",\"to\",\"item\"],\"properties\":{" \
	"\"kind\":{\"type\":\"string\",\"enum\":[\"same\",\"upstream\",\"downstream\",\"freeze\",\"outside_window\"]}," \
	"\"words\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"},\"number\":{\"type\":[\"string\",\"null\"]}," \
	"\"title\":{\"type\":[\"string\",\"null\"]},\"from\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"to\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"item\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}}," \
	"\"additionalProperties\":false}}},\"additionalProperties\":false}," \
	"\"ScheduleList\":{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"type\":\"object\",\"required\":[\"type\",\"number\",\"title\",\"from\",\"to\",\"freeze\",\"window\"]," \
	"\"properties\":{\"type\":{\"type\":\"string\"},\"number\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"}," \
	"\"from\":{\"type\":\"string\",\"format\":\"date-time\"},\"to\":{\"type\":\"string\",\"format\":\"date-time\"}," \
	"\"freeze\":{\"type\":\"boolean\"},\"window\":{\"type\":\"boolean\"},\"state\":{\"type\":\"string\"}}}}}," \
	"\"additionalProperties\":false}," \
	"\"ApprovalVote\":{\"type\":\"object\",\"required\":[\"person\",\"via\",\"counts\",\"waiting\",\"standing_in\",\"vot" \
	"e\",\"by\",\"at\",\"comment\",\"version\"],\"properties\":{\"person\":{\"oneOf\":[{\"$ref\":\"#/components/schemas" \
	"/Reference\"},{\"type\":\"null\"}]},\"via\":{\"type\":\"string\"},\"counts\":{\"type\":\"boolean\"},\"waiting\":{\"t" \
	"ype\":\"boolean\"},\"standing_in\":{\"type\":\"array\",\"items\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Re" \
	"ference\"},{\"type\":\"null\"}]}},\"vote\":{\"type\":[\"string\",\"null\"],\"enum\":[\"approve\",\"reject\",\"abstai" \
	"n\",null]},\"by\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]},\"at\":{\"type" \
	"\":[\"string\",\"null\"],\"format\":\"date-time\"},\"comment\":{\"type\":[\"string\",\"null\"]},\"version\":{\"type\"" \
	":[\"integer\",\"null\"]}},\"additionalProperties\":false},\"ApprovalStep\":{\"type\":\"object\",\"required\":[" \
	"\"name\",\"label\",\"state\",\"asked\",\"needed\",\"approvals\",\"rejections\",\"abstentions\",\"votes\"],\"propert" \
	"ies\":{\"name\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"},\"state\":{\"type\":\"string\",\"enum\":[\"to_co" \
	"me\",\"open\",\"approved\",\"rejected\",\"skipped\",\"lacking\",\"ended\"]},\"asked\":{\"type\":\"integer\"},\"neede" \
	"d\":{\"type\":\"integer\"},\"approvals\":{\"type\":\"integer\"},\"rejections\":{\"type\":\"integer\"},\"abstention" \
	"s\":{\"type\":\"integer\"},\"votes\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/ApprovalVote" \
	"\"}}},\"additionalProperties\":false},\"Approval\":{\"type\":\"object\",\"required\":[\"id\",\"name\",\"label\",\"" \
	"round\",\"state\",\"version\",\"asked_at\",\"due_at\",\"ended_at\",\"steps\"],\"properties\":{\"id\":{\"type\":\"int" \
	"eger\"},\"name\":{\"type\":\"string\"},\"label\":{\"type\":\"string\"},\"round\":{\"type\":\"integer\"},\"state\":{\"t" \
	"ype\":\"string\",\"enum\":[\"open\",\"approved\",\"rejected\",\"expired\",\"voided\",\"withdrawn\"]},\"version\":{\"" \
	"type\":\"integer\"},\"asked_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},\"due_at\":{\"type\":[\"s" \
	"tring\",\"null\"],\"format\":\"date-time\"},\"ended_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}," \
	"\"steps\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/ApprovalStep\"}}},\"additionalProper" \
	"ties\":false},\"ApprovalList\":{\"type\":\"object\",\"required\":[\"items\",\"next\"],\"properties\":{\"items\":{" \
	"\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Approval\"}},\"next\":{\"type\":[\"string\",\"null\"" \
	"]}},\"additionalProperties\":false},\"ApprovalWaiting\":{\"type\":\"object\",\"required\":[\"id\",\"name\",\"la" \
	"bel\",\"step\",\"step_label\",\"round\",\"record\",\"fields\",\"requester\",\"for\",\"standing_in\",\"since\",\"due_" \
	"at\",\"url\"],\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"},\"label\":{\"type\":\"strin" \
	"g\"},\"step\":{\"type\":\"string\"},\"step_label\":{\"type\":\"string\"},\"round\":{\"type\":\"integer\"},\"record\":" \
	"{\"type\":\"object\",\"required\":[\"type\",\"number\",\"title\",\"state\",\"version\"],\"properties\":{\"type\":{\"t" \
	"ype\":\"string\"},\"number\":{\"type\":\"string\"},\"title\":{\"type\":[\"string\",\"null\"]},\"state\":{\"type\":[\"s" \
	"tring\",\"null\"]},\"version\":{\"type\":\"integer\"}},\"additionalProperties\":false},\"fields\":{\"type\":\"ob" \
	"ject\",\"additionalProperties\":true,\"description\":\"What the definition shows with the question\"},\"" \
	"requester\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]},\"for\":{\"oneOf\":" \
	"[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]},\"standing_in\":{\"type\":\"boolean\"},\"s" \
	"ince\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"},\"due_at\":{\"type\":[\"string\",\"null\"],\"format" \
	"\":\"date-time\"},\"url\":{\"type\":\"string\"}},\"additionalProperties\":false},\"ApprovalsWaiting\":{\"type\"" \
	":\"object\",\"required\":[\"items\",\"next\"],\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/c" \
	"omponents/schemas/ApprovalWaiting\"}},\"next\":{\"type\":[\"string\",\"null\"]}},\"additionalProperties\":f" \
	"alse},\"Vote\":{\"type\":\"object\",\"required\":[\"vote\"],\"properties\":{\"vote\":{\"type\":\"string\",\"enum\":[" \
	"\"approve\",\"reject\",\"abstain\"]},\"comment\":{\"type\":[\"string\",\"null\"],\"description\":\"Needed to reje" \
	"ct\"},\"for\":{\"type\":[\"string\",\"null\"],\"description\":\"Login of whose vote it is, when one stands i" \
	"n for them\"},\"step\":{\"type\":[\"string\",\"null\"]}," \
	"\"version\":{\"type\":[\"integer\",\"null\"],\"description\":\"Of the record that was seen: refused (412) when what is asked about" \
	" changed since. If-Match says the same\"}},\"additionalProperties\":false}," \
	"\"Votes\":{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":{\"type\":\"array\",\"minItems\":1," \
	"\"maxItems\":1000,\"items\":{\"type\":\"object\",\"required\":[\"type\",\"number\",\"id\",\"vote\"],\"properties\":{" \
	"\"type\":{\"type\":\"string\"},\"number\":{\"type\":\"string\"},\"id\":{\"type\":\"integer\"}," \
	"\"vote\":{\"type\":\"string\",\"enum\":[\"approve\",\"reject\",\"abstain\"]},\"comment\":{\"type\":[\"string\",\"null\"]}," \
	"\"for\":{\"type\":[\"string\",\"null\"]},\"step\":{\"type\":[\"string\",\"null\"]}," \
	"\"version\":{\"type\":[\"integer\",\"null\"]}},\"additionalProperties\":false}}},\"additionalProperties\":false}," \
	"\"LinkList\":{\"type\":\"object\",\"required\":[\"items\",\"next\"]," \
	"\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Link\"}}," \
	"\"next\":{\"type\":[\"string\",\"null\"]}},\"additionalProperties\":false}," \
	"\"LinkInput\":{\"type\":\"object\",\"required\":[\"relation\",\"to\"]," \
	"\"properties\":{\"relation\":{\"type\":\"string\"},\"to\":{\"type\":\"string\"}}," \
	"\"additionalProperties\":false},\"Bulk\":{\"type\":\"object\",\"required\":[\"items\"]," \
	"\"properties\":{\"items\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":1000," \
	"\"items\":{\"type\":\"object\",\"properties\":{\"number\":{\"type\":\"string\"}," \
	"\"version\":{\"type\":\"integer\"},\"transition\":{\"type\":\"string\"}},\"additionalProperties\":true}}}," \
	"\"additionalProperties\":false," \
	"\"description\":\"An item with a number changes that record, or takes a transition of it," \
	" one without creates a record\"},\"BulkResult\":{\"type\":\"object\",\"required\":[\"items\"]," \
	"\"properties\":{\"items\":{\"type\":\"array\",\"items\":{\"type\":\"object\"," \
	"\"required\":[\"status\"],\"properties\":{\"status\":{\"type\":\"integer\"}," \
	"\"number\":{\"type\":\"string\"},\"version\":{\"type\":\"integer\"}," \
	"\"problem\":{\"$ref\":\"#/components/schemas/Problem\"}},\"additionalProperties\":false}}}," \
	"\"additionalProperties\":false},\"SearchHit\":{\"type\":\"object\",\"required\":[\"type\"," \
	"\"number\",\"title\"],\"properties\":{\"type\":{\"type\":\"string\"},\"number\":{\"type\":\"string\"}," \
	"\"title\":{\"type\":[\"string\",\"null\"]},\"state\":{\"type\":[\"string\",\"null\"]}," \
	"\"snippet\":{\"type\":[\"string\",\"null\"]},\"snippet_html\":{\"type\":[\"string\",\"null\"]}," \
	"\"updated_at\":{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}," \
	"\"url\":{\"type\":\"string\"}},\"additionalProperties\":false}," \
	"\"SearchResult\":{\"type\":\"object\",\"required\":[\"items\",\"next\",\"total\"]," \
	"\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"$ref\":\"#/components/schemas/SearchHit\"}},\"next\":{\"type\":[\"string\"," \
	"\"null\"]},\"total\":{\"type\":\"integer\"},\"total_capped\":{\"type\":\"boolean\"}}," \
	"\"additionalProperties\":false},\"Change\":{\"type\":\"object\",\"required\":[\"seq\",\"type\"," \
	"\"number\",\"version\"],\"properties\":{\"seq\":{\"type\":\"integer\"},\"at\":{\"type\":\"string\"," \
	"\"format\":\"date-time\"},\"kind\":{\"type\":\"string\"},\"type\":{\"type\":\"string\"}," \
	"\"number\":{\"type\":\"string\"},\"topic\":{\"type\":\"string\"},\"version\":{\"type\":\"integer\"}}," \
	"\"additionalProperties\":false},\"Changes\":{\"type\":\"object\",\"required\":[\"items\"," \
	"\"next\"],\"properties\":{\"items\":{\"type\":\"array\"," \
	"\"items\":{\"$ref\":\"#/components/schemas/Change\"}},\"next\":{\"type\":\"integer\"}," \
	"\"more\":{\"type\":\"boolean\"}},\"additionalProperties\":false},\"Type\":{\"type\":\"object\"," \
	"\"required\":[\"name\",\"links\"],\"properties\":{\"name\":{\"type\":\"string\"}," \
	"\"label\":{\"type\":\"string\"},\"plural\":{\"type\":\"string\"},\"practice\":{\"type\":[\"string\"," \
	"\"null\"]},\"platform\":{\"type\":\"boolean\"},\"create\":{\"type\":\"boolean\"}," \
	"\"links\":{\"type\":\"object\",\"required\":[],\"properties\":{\"list\":{\"type\":\"string\"}," \
	"\"record\":{\"type\":\"string\"},\"bulk\":{\"type\":\"string\"}},\"additionalProperties\":false}}," \
	"\"additionalProperties\":false},\"Types\":{\"type\":\"object\",\"required\":[\"types\"]," \
	"\"properties\":{\"version\":{\"type\":\"string\"}," \
	"\"person\":{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}," \
	"\"types\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Type\"}}," \
	"\"links\":{\"type\":\"object\",\"required\":[],\"properties\":{\"openapi\":{\"type\":\"string\"}," \
	"\"search\":{\"type\":\"string\"},\"changes\":{\"type\":\"string\"},\"live\":{\"type\":\"string\"}}," \
	"\"additionalProperties\":false}},\"additionalProperties\":false}}"

#endif
