// src/report/report.ts
/** What to do, for a place without Markdown: the remedy and, a line each, its commands. */
function instructionsOf({ remedy, commands = [] }) {
	return [remedy ?? "", ...commands].filter(Boolean).join("\n");
}
export { instructionsOf };
