import { scenarios } from "./scenarios.js";
import { oneLine } from "./user-error.js";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
// src/lab/commands/arguments.ts
/** The flags of `npm start` and `npm run lab`. Pure: words in, settings or one line of complaint out. */
const taskModes = [
	"auto",
	"processes",
	"containers"
];
const startHelp = `npm start -- [options]
  --scenario NAME   which story to play (default: full); --list names them
  --list            name the scenarios and end
  --seed N          seed of the simulated region (default: 1)
  --scale N         virtual seconds a real second, 10 to 300 (default: 60)
  --rate N          requests a second of the steady load, 1 to 1000 (default: 200)
  --tasks MODE      containers, processes, or auto: containers where a Docker engine answers (default: auto)
  --report FILE     where the HTML report goes (default: lab-report.html)`;
const labHelp = `npm run lab -- [options]
  --port N          port of the AWS endpoint (default: 4566; 0 takes a free one)
  --listener-port N port of the load balancer's listener on port 80 (default: 8080; 0 takes a free one)
  --seed N          seed of the simulated region (default: 1)
  --scale N         virtual seconds a real second, 1 to 300 (default: 60)
  --tasks MODE      containers, processes, or auto: containers where a Docker engine answers (default: auto)
  --task-start L-H  seconds until a task's containers start, drawn evenly, 1 to 600 (default: 7 to 20, as drawn)
  --faults FILE     fault script (JSON, see docs/lab.md) to play from the start; random draws one from the seed`;
function parseCommandLine(words, scenarios) {
	const [command, ...rest] = words;
	if (command === "start") return parseStart(rest, scenarios);
	if (command === "lab") return parseLab(rest);
	return {
		ok: false,
		complaint: `Unknown command "${command ?? ""}": there are start and lab.`
	};
}
function parseStart(words, scenarios) {
	const options = {
		scenario: {
			type: "string",
			default: "full"
		},
		list: {
			type: "boolean",
			default: false
		},
		help: {
			type: "boolean",
			default: false
		},
		seed: {
			type: "string",
			default: "1"
		},
		scale: {
			type: "string",
			default: "60"
		},
		rate: {
			type: "string",
			default: "200"
		},
		tasks: {
			type: "string",
			default: "auto"
		},
		report: {
			type: "string",
			default: "lab-report.html"
		}
	};
	const read = readFlags(() => parseArgs({
		args: [...words],
		options,
		strict: true,
		allowPositionals: false
	}).values);
	if (!read.ok) return read;
	const { values } = read;
	if (values.help) return {
		ok: true,
		settings: {
			command: "help",
			text: startHelp
		}
	};
	if (values.list) return {
		ok: true,
		settings: { command: "list" }
	};
	const problems = [];
	if (!scenarios.includes(values.scenario)) problems.push(`--scenario "${values.scenario}" is not one of ${scenarios.join(", ")}`);
	const settings = {
		command: "start",
		scenario: values.scenario,
		seed: wholeNumber("seed", values.seed, 0, Number.MAX_SAFE_INTEGER, problems),
		scale: wholeNumber("scale", values.scale, 10, 300, problems),
		requestsPerSecond: wholeNumber("rate", values.rate, 1, 1e3, problems),
		tasks: taskMode(values.tasks, problems),
		reportFile: values.report
	};
	return problems.length === 0 ? {
		ok: true,
		settings
	} : {
		ok: false,
		complaint: `${problems.join("; ")}.`
	};
}
function parseLab(words) {
	const options = {
		help: {
			type: "boolean",
			default: false
		},
		port: {
			type: "string",
			default: "4566"
		},
		"listener-port": {
			type: "string",
			default: "8080"
		},
		seed: {
			type: "string",
			default: "1"
		},
		scale: {
			type: "string",
			default: "60"
		},
		tasks: {
			type: "string",
			default: "auto"
		},
		faults: { type: "string" },
		"task-start": { type: "string" }
	};
	const read = readFlags(() => parseArgs({
		args: [...words],
		options,
		strict: true,
		allowPositionals: false
	}).values);
	if (!read.ok) return read;
	const { values } = read;
	if (values.help) return {
		ok: true,
		settings: {
			command: "help",
			text: labHelp
		}
	};
	const problems = [];
	const settings = {
		command: "lab",
		port: wholeNumber("port", values.port, 0, 65535, problems),
		listenerPort: wholeNumber("listener-port", values["listener-port"], 0, 65535, problems),
		seed: wholeNumber("seed", values.seed, 0, Number.MAX_SAFE_INTEGER, problems),
		scale: wholeNumber("scale", values.scale, 1, 300, problems),
		tasks: taskMode(values.tasks, problems),
		faultsFile: values.faults,
		taskStart: taskStart(values["task-start"], problems)
	};
	return problems.length === 0 ? {
		ok: true,
		settings
	} : {
		ok: false,
		complaint: `${problems.join("; ")}.`
	};
}
function readFlags(read) {
	try {
		return {
			ok: true,
			values: read()
		};
	} catch (error) {
		const [sentence = ""] = error.message.split(/\. |\n/);
		return {
			ok: false,
			complaint: `${sentence.replace(/\.$/, "")}: --help lists the options.`
		};
	}
}
function wholeNumber(flag, given, lowest, highest, problems) {
	const value = /^\d{1,16}$/.test(given) ? Number(given) : NaN;
	if (!(value >= lowest && value <= highest)) problems.push(`--${flag} "${given}" is not a whole number from ${lowest} to ${highest}`);
	return value;
}
function taskMode(given, problems) {
	const mode = taskModes.find((candidate) => candidate === given);
	if (mode === void 0) problems.push(`--tasks "${given}" is not one of ${taskModes.join(", ")}`);
	return mode ?? "auto";
}
function taskStart(given, problems) {
	if (given === void 0) return void 0;
	const [low = NaN, high = NaN] = (/^(\d{1,3})-(\d{1,3})$/.exec(given) ?? []).slice(1).map(Number);
	if (!(low >= 1 && low <= high && high <= 600)) problems.push(`--task-start "${given}" is not two whole numbers from 1 to 600, the lower first: 30-120`);
	return [low, high];
}
// src/lab/commands/main.ts
/** Entry of the lab's bundle: `start` plays a scenario, `lab` stands. */
/** The folder with the actions: above dist/lab when bundled, above src/lab/commands otherwise. */
function findRepository() {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "actions")) && dirname(folder) !== folder) folder = dirname(folder);
	return folder;
}
async function run(settings, cancelled) {
	switch (settings.command) {
		case "help":
			console.log(settings.text);
			return 0;
		case "list":
			for (const scenario of scenarios) console.log(`${scenario.name.padEnd(20)} ${scenario.about}`);
			return 0;
		case "start": return (await import("./start.js")).start(settings, findRepository(), cancelled);
		case "lab": return (await import("./standing-lab.js")).standingLab(settings, findRepository(), cancelled);
	}
}
process.stdout.on("error", () => void 0);
const abort = new AbortController();
for (const signal of [
	"SIGINT",
	"SIGTERM",
	"SIGHUP"
]) process.on(signal, () => abort.abort());
const parsed = parseCommandLine(process.argv.slice(2), scenarios.map((scenario) => scenario.name));
if (!parsed.ok) {
	console.error(parsed.complaint);
	process.exitCode = 2;
} else try {
	process.exitCode = await run(parsed.settings, abort.signal);
} catch (error) {
	console.error(oneLine(error) ?? (error instanceof Error ? error.stack ?? error.message : String(error)));
	process.exitCode = 1;
}
export {};
