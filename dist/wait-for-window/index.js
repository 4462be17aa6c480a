import { choice, createRunner, decideWindow, duration, escapeMarkdown, maintenanceWindows, parseFields, readRawInputs, systemClock, tellBadInputs, withDefault } from "../shared/start.js";
// src/inputs/wait-for-window.ts
/** Inputs of the wait-for-window action. */
const fields = {
	"maintenance-window": maintenanceWindows(),
	"outside-window": withDefault(choice("refuse", "wait"), "refuse"),
	"window-timeout": withDefault(duration(6e4, 6048e5), 18e6)
};
function parseWaitForWindow(raw) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	return {
		ok: true,
		request: {
			windows: given["maintenance-window"],
			outside: given["outside-window"],
			timeoutMs: given["window-timeout"]
		}
	};
}
// src/main/wait-for-window.ts
/** Entry of the wait-for-window action: it sleeps, or refuses, and calls nobody. */
const runner = createRunner(process.env, (text) => void process.stdout.write(text));
async function run() {
	const parsed = parseWaitForWindow(readRawInputs(process.env, Object.keys(fields)));
	if (!parsed.ok) {
		tellBadInputs(runner, "wait-for-window", parsed.problems);
		runner.setOutput("outcome", "refused");
		return false;
	}
	const { windows, outside, timeoutMs } = parsed.request;
	const clock = systemClock;
	const { cancelled } = runner;
	const startedAt = clock.now();
	const end = (outcome) => {
		runner.setOutput("outcome", outcome);
		runner.setOutput("waited-seconds", String(Math.round((clock.now() - startedAt) / 1e3)));
	};
	for (;;) {
		if (cancelled.aborted) {
			end("cancelled");
			runner.annotate("error", "The job was cancelled while it waited. Nothing was changed.");
			return false;
		}
		const decision = decideWindow(windows, outside, clock.now(), startedAt + timeoutMs);
		switch (decision.kind) {
			case "open":
				end("open");
				runner.info("The window is open.");
				return true;
			case "refuse": {
				const { reason, remedy, code } = decision;
				end("refused");
				runner.annotate("error", `${reason} ${remedy}`, { title: `wait-for-window: ${code}` });
				const what = escapeMarkdown(remedy);
				runner.summary(`### ❌ Outside of the window, nothing was changed\n\n${escapeMarkdown(reason)}\n\n**What to do:** ${what}`);
				return false;
			}
			case "wait":
				runner.info(decision.message);
				await clock.sleep(decision.untilAt - clock.now(), cancelled);
		}
	}
}
process.exitCode = await run() ? 0 : 1;
export {};
