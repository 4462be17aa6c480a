import { codeBlock, escapeHtml, escapeMarkdown, formatDuration, table } from "./start.js";
// src/report/summary.ts
/** The job summary of any action. Pure: report in, Markdown out. */
const levelMarks = {
	info: "·",
	notice: "▸",
	warning: "⚠️",
	error: "❌"
};
/** `docsBase` is what paths of documents are appended to; without it they stand as they are. */
function renderSummary(report, docsBase) {
	const parts = [`### ${report.ok ? "✅" : "❌"} ${escapeMarkdown(report.title)}: ${escapeMarkdown(report.outcome)}`, escapeMarkdown(report.sentence)];
	const docs = report.docs === void 0 ? void 0 : docsLink(report.docs, docsBase);
	if (report.remedy !== void 0) parts.push([`**What to do:** ${escapeMarkdown(report.remedy)}`, docs].filter(Boolean).join(" "));
	else if (docs !== void 0) parts.push(docs);
	if (report.commands !== void 0) parts.push(codeBlock(report.commands.join("\n"), "sh"));
	if (report.facts.length > 0) parts.push(table(["", ""], report.facts.map(([label, value]) => [`**${escapeMarkdown(label)}**`, escapeMarkdown(value)])));
	for (const section of report.sections) parts.push(renderSection(section));
	if (report.events.length > 0) parts.push(`<details><summary>Timeline (${formatDuration(report.endedAt - report.startedAt)})</summary>\n\n${renderTimeline(report.events, report.startedAt)}\n\n</details>`);
	return `${parts.join("\n\n")}\n`;
}
function docsLink(path, base) {
	return base === void 0 ? `See \`${path}\`.` : `[More on this](${base}${path})`;
}
function renderSection(section) {
	const heading = `#### ${escapeMarkdown(section.heading)}`;
	switch (section.kind) {
		case "table": {
			const rows = table(section.columns.map(escapeMarkdown), section.rows.map((row) => row.map(escapeMarkdown)));
			return section.folded === true ? `<details><summary>${escapeHtml(section.heading)}</summary>\n\n${rows}\n\n</details>` : `${heading}\n\n${rows}`;
		}
		case "text": return `${heading}\n\n${codeBlock(section.text, section.language)}`;
	}
}
function renderTimeline(events, startedAt) {
	return table([
		"after",
		"",
		"what"
	], events.map((event) => [
		formatDuration(Math.max(0, Math.round((event.at - startedAt) / 1e3) * 1e3)),
		levelMarks[event.level],
		escapeMarkdown(event.message)
	]));
}
/** One event as a log line: `+1m20s  message`. */
function renderLogLine(event, startedAt) {
	return `${`+${formatDuration(Math.max(0, Math.round((event.at - startedAt) / 1e3) * 1e3))}`.padEnd(8)} ${event.message}`;
}
export { renderLogLine, renderSummary };
