import { __commonJSMin, __require } from "./rolldown-runtime.js";
import { retryPauseMs, withRetries } from "./retry.js";
import { renderLogLine } from "./summary.js";
import { ConfigurationError } from "./configuration-error.js";
import { makeLoginFolder, onlyBuildx, removeLoginFolder, severities, writeLogin } from "./start.js";
import { parseReference, registryUrl, renderTags } from "./tag-template.js";
import { digestOf, parseEcrHost, readEcrDigests, readEcrImages } from "./ecr-image-name.js";
import { AwsCallError } from "./call-error.js";
import { keepPrefix } from "./ecr-keep-tags.js";
import { runEngine } from "./engine.js";
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from "node:path";
import { tmpdir } from "node:os";
import { createHash } from "node:crypto";
import { lstat, readFile, readdir, readlink, realpath, stat } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { spawn } from "node:child_process";
import zlib, { createGzip } from "node:zlib";
import { createInterface } from "node:readline";
import { pipeline } from "node:stream/promises";
// src/image/build-error.ts
/** A build or push that cannot go on, in one sentence that says what to change. No stack trace is shown. */
var ImageError = class extends ConfigurationError {
	/** Where in the Dockerfile, if it is the Dockerfile: shown as an annotation there. */
	line;
	constructor(code, message, line) {
		super(code, message);
		this.name = "ImageError";
		this.line = line;
	}
};
// src/image/buildx/docker.ts
/** The docker command as a process: the only place that starts one. */
const tailLines = 200;
const killAfterMs = 5e3;
/** Rejects with ImageError where docker is missing or the job was cancelled. */
function runDocker(args, options) {
	return new Promise((resolve, reject) => {
		if (options.signal.aborted) return reject(new ImageError("cancelled", "The job was cancelled."));
		const child = spawn("docker", args, {
			env: { ...options.environment },
			...options.folder ? { cwd: options.folder } : {},
			stdio: [
				"ignore",
				"pipe",
				"pipe"
			]
		});
		const watcher = watch(child, options.environment);
		const tail = [];
		const onLine = (line) => {
			tail.push(line);
			if (tail.length > tailLines) tail.shift();
			options.onLine?.(line);
		};
		createInterface({ input: child.stdout }).on("line", onLine);
		createInterface({ input: child.stderr }).on("line", onLine);
		let killTimer;
		const cancel = () => {
			child.kill("SIGINT");
			killTimer = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
		};
		options.signal.addEventListener("abort", cancel);
		const end = () => {
			watcher?.kill("SIGKILL");
			clearTimeout(killTimer);
			options.signal.removeEventListener("abort", cancel);
		};
		child.on("error", (error) => {
			end();
			reject(error.code === "ENOENT" ? new ImageError("docker-missing", "There is no docker command on this runner.") : error);
		});
		child.on("close", (code) => {
			end();
			if (options.signal.aborted) reject(new ImageError("cancelled", "The job was cancelled during the build."));
			else resolve({
				exitCode: code ?? 1,
				tail
			});
		});
	});
}
/**
* A build must not outlive this process, however that dies: the shell waits for the end of its input, which
* only this process holds open, and then ends docker. Undefined where docker did not start, or without a shell.
*/
function watch(docker, { PATH }) {
	if (docker.pid === void 0 || process.platform === "win32") return void 0;
	const watcher = spawn("/bin/sh", [
		"-c",
		`read _; kill -TERM "$0" && sleep ${killAfterMs / 1e3} && kill -KILL "$0"`,
		String(docker.pid)
	], {
		env: PATH === void 0 ? {} : { PATH },
		stdio: [
			"pipe",
			"ignore",
			"ignore"
		],
		detached: true
	});
	watcher.on("error", () => void 0);
	watcher.stdin.on("error", () => void 0);
	watcher.unref();
	return watcher;
}
/** Undefined when docker can build with buildx; else why it cannot. */
async function whyNoBuildx(environment, signal) {
	try {
		if ((await runDocker(["buildx", "version"], {
			environment,
			signal
		})).exitCode !== 0) return new ImageError("buildx-missing", "docker has no buildx: add docker/setup-buildx-action before this step.");
		const builder = await runDocker(["buildx", "inspect"], {
			environment,
			signal
		});
		if (builder.exitCode === 0 && /^Driver:\s+(remote|kubernetes|cloud)\b/m.test(builder.tail.join("\n"))) return;
		if ((await runDocker([
			"version",
			"--format",
			"{{.Server.Version}}"
		], {
			environment,
			signal
		})).exitCode !== 0) return new ImageError("docker-daemon-down", "The Docker daemon does not answer: start it, or give this job access to its socket.");
		return;
	} catch (error) {
		if (error instanceof ImageError && error.code === "docker-missing") return error;
		throw error;
	}
}
// src/image/static/image-config.ts
const mediaTypes = {
	manifest: "application/vnd.oci.image.manifest.v1+json",
	index: "application/vnd.oci.image.index.v1+json",
	config: "application/vnd.oci.image.config.v1+json",
	layer: "application/vnd.oci.image.layer.v1.tar+gzip",
	dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
	dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json"
};
/** Everything a registry may answer a request for an image with. */
const imageMediaTypes = [
	mediaTypes.index,
	mediaTypes.manifest,
	mediaTypes.dockerIndex,
	mediaTypes.dockerManifest
];
function isIndex(mediaType) {
	return mediaType === mediaTypes.index || mediaType === mediaTypes.dockerIndex;
}
/** `linux/arm64/v8`; the variant is optional. */
function parsePlatform(text) {
	const [os = "", architecture = "", variant] = text.split("/");
	return {
		os,
		architecture,
		...variant === void 0 ? {} : { variant }
	};
}
function platformText(platform) {
	return [
		platform.os,
		platform.architecture,
		platform.variant
	].filter(Boolean).join("/");
}
// src/image/dockerfile/words.ts
/** Throws a plain Error with a phrase; the caller knows the line. */
function expand(text, variables, escapeChar) {
	return new WordReader(text, variables, escapeChar).read(false);
}
/** Splits on blanks outside quotes; quotes and escapes stay as they are. */
function splitWords(text, escapeChar) {
	const words = [];
	let word = "";
	let inWord = false;
	let quote = "";
	for (let index = 0; index < text.length; index++) {
		const char = text[index];
		if (char === escapeChar && quote !== "'" && index + 1 < text.length) {
			word += char + text[++index];
			inWord = true;
		} else if (quote !== "") {
			word += char;
			if (char === quote) quote = "";
		} else if (char === "\"" || char === "'") {
			quote = char;
			word += char;
			inWord = true;
		} else if (/\s/.test(char)) {
			if (inWord) words.push(word);
			word = "";
			inWord = false;
		} else {
			word += char;
			inWord = true;
		}
	}
	if (quote !== "") throw new Error(`a ${quote} is not closed`);
	if (inWord) words.push(word);
	return words;
}
var WordReader = class {
	#at = 0;
	#text;
	#variables;
	#escapeChar;
	constructor(text, variables, escapeChar) {
		this.#text = text;
		this.#variables = variables;
		this.#escapeChar = escapeChar;
	}
	/** Up to the end, or to the `}` that ends a default value. */
	read(inBraces) {
		let result = "";
		while (this.#at < this.#text.length) {
			const char = this.#text[this.#at];
			if (inBraces && char === "}") return result;
			this.#at++;
			if (char === "'") result += this.#until("'");
			else if (char === "\"") result += this.#doubleQuoted();
			else if (char === "$") result += this.#variable();
			else if (char === this.#escapeChar && this.#at < this.#text.length) result += this.#text[this.#at++];
			else result += char;
		}
		if (inBraces) throw new Error("a ${ is not closed");
		return result;
	}
	#until(quote) {
		const end = this.#text.indexOf(quote, this.#at);
		if (end < 0) throw new Error(`a ${quote} is not closed`);
		const part = this.#text.slice(this.#at, end);
		this.#at = end + 1;
		return part;
	}
	#doubleQuoted() {
		let result = "";
		while (this.#at < this.#text.length) {
			const char = this.#text[this.#at++];
			if (char === "\"") return result;
			if (char === "$") result += this.#variable();
			else if (char === this.#escapeChar && this.#at < this.#text.length) {
				const next = this.#text[this.#at++];
				result += [
					"\"",
					"$",
					this.#escapeChar
				].includes(next) ? next : char + next;
			} else result += char;
		}
		throw new Error("a \" is not closed");
	}
	#variable() {
		if (this.#text[this.#at] !== "{") {
			const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.#text.slice(this.#at))?.[0];
			if (name === void 0) return "$";
			this.#at += name.length;
			return this.#variables.get(name) ?? "";
		}
		this.#at++;
		const head = /^([A-Za-z_][A-Za-z0-9_]*)(:?[-+?])?/.exec(this.#text.slice(this.#at));
		if (head === null) throw new Error("a ${ is not followed by a name");
		this.#at += head[0].length;
		const [, name = "", operator] = head;
		const word = operator === void 0 ? "" : this.read(true);
		if (this.#text[this.#at] !== "}") throw new Error(`\${${name}…} has a form that needs buildx, or is not closed`);
		this.#at++;
		const value = this.#variables.get(name);
		const isSet = value !== void 0 && (operator?.startsWith(":") !== true || value !== "");
		switch (operator?.at(-1)) {
			case "-": return isSet ? value : word;
			case "+": return isSet ? word : "";
			case "?":
				if (!isSet) throw new Error(`${name} is not set${word === "" ? "" : `: ${word}`}`);
				return value;
			default: return value ?? "";
		}
	}
};
// src/image/dockerfile/declarations.ts
function execOrShell(text, shell) {
	const list = jsonTexts(text);
	if (list !== void 0) return list;
	return shell === void 0 ? void 0 : [...shell, text];
}
function jsonTexts(text) {
	if (!text.startsWith("[")) return void 0;
	try {
		const value = JSON.parse(text);
		return Array.isArray(value) && value.every((entry) => typeof entry === "string") ? value : void 0;
	} catch {
		return;
	}
}
/** `5000`, `53/udp`, `8000-8002/tcp`. */
function readPorts(words) {
	if (words.length === 0) throw new Error("a port is missing");
	const ports = {};
	for (const word of words) {
		const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(word);
		const low = Number(match?.[1]);
		const high = Number(match?.[2] ?? match?.[1]);
		if (match === null || low < 1 || high > 65535 || low > high) throw new Error(`"${word}" is no port`);
		for (let port = low; port <= high; port++) ports[`${port}/${(match[3] ?? "tcp").toLowerCase()}`] = {};
	}
	return ports;
}
function readVolumes(text, split, fill) {
	const paths = (jsonTexts(text) ?? split(text)).map(fill).filter((path) => path !== "");
	if (paths.length === 0) throw new Error("a path is missing");
	return Object.fromEntries(paths.map((path) => [path, {}]));
}
const durationOptions = {
	interval: "Interval",
	timeout: "Timeout",
	"start-period": "StartPeriod",
	"start-interval": "StartInterval"
};
function readHealthcheck(text, shell, escapeChar) {
	const check = { Test: [] };
	let rest = text;
	for (;;) {
		const option = /^--([a-z-]+)=(\S+)\s*/.exec(rest);
		if (option === null) break;
		rest = rest.slice(option[0].length);
		const [, name = "", value = ""] = option;
		if (name === "retries") {
			if (!/^\d+$/.test(value)) throw new Error(`--retries takes a whole number; "${value}" is not`);
			check["Retries"] = Number(value);
		} else if (Object.hasOwn(durationOptions, name)) check[durationOptions[name]] = nanoseconds(value);
		else throw new Error(`--${name} is unknown`);
	}
	const [kind, ...words] = splitWords(rest, escapeChar);
	if (kind?.toUpperCase() === "NONE" && words.length === 0) return { Test: ["NONE"] };
	const command = rest.slice(kind?.length ?? 0).trim();
	if (kind?.toUpperCase() !== "CMD" || command === "") throw new Error("allowed is NONE or CMD with a command");
	const list = execOrShell(command, void 0);
	const usual = shell.length === 2 && shell[0] === "/bin/sh" && shell[1] === "-c";
	if (list !== void 0) check.Test = ["CMD", ...list];
	else check.Test = usual ? ["CMD-SHELL", command] : [
		"CMD",
		...shell,
		command
	];
	return check;
}
const unitNanoseconds = {
	ns: 1,
	us: 1e3,
	ms: 1e6,
	s: 1e9,
	m: 6e10,
	h: 36e11
};
/** Go's durations: `30s`, `1m30s`. */
function nanoseconds(text) {
	if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(text)) throw new Error(`"${text}" is no duration such as 30s`);
	let total = 0;
	for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ns|us|ms|s|m|h)/g)) total += Number(amount) * unitNanoseconds[unit];
	return Math.round(total);
}
// src/image/dockerfile/paths.ts
/** Paths inside an image. Pure. */
/** Absolute, without `.` and `..`, and without a slash at the end (but for the root). */
function resolvePath(from, path) {
	const parts = [];
	for (const part of (path.startsWith("/") ? path : `${from}/${path}`).split("/")) if (part === "..") parts.pop();
	else if (part !== "" && part !== ".") parts.push(part);
	return `/${parts.join("/")}`;
}
// src/image/dockerfile/copy.ts
/** `COPY` (and `ADD` of local files, which is the same): what goes where, with which owner and mode. Pure. */
function readCopy(instruction, workingDirectory, fill, escapeChar) {
	let rest = instruction.rest;
	let owner;
	let mode;
	for (;;) {
		const flag = /^--([a-z-]+)(?:=(\S*))?\s+/.exec(rest);
		if (flag === null) break;
		rest = rest.slice(flag[0].length);
		const value = fill(flag[2] ?? "");
		if (flag[1] === "chown") owner = readOwner(value);
		else if (flag[1] === "chmod") mode = readMode(value);
		else if (flag[1] !== "link") throw new Error(`--${flag[1]} needs buildx`);
	}
	const words = (execOrShell(rest, void 0) ?? splitWords(rest, escapeChar)).map(fill);
	if (words.length < 2) throw new Error("a source and a destination are needed");
	const sources = words.slice(0, -1);
	const target = words.at(-1);
	for (const source of sources) {
		if (source === "") throw new Error("a source is empty");
		if (instruction.name === "ADD") refuseSpecialAdd(source);
	}
	const isDirectory = target.endsWith("/") || /(^|\/)\.\.?$/.test(target);
	if (sources.length > 1 && !isDirectory) throw new Error(`several sources need a destination that ends with "/"; "${target}" does not`);
	const absolute = resolvePath(workingDirectory, target);
	return {
		kind: "copy",
		sources,
		destination: isDirectory && absolute !== "/" ? `${absolute}/` : absolute,
		owner,
		mode,
		line: instruction.line
	};
}
function readOwner(text) {
	const match = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(text);
	if (match === null) throw new Error(`--chown=${text}: names need buildx; numbers such as 1000:1000 do not`);
	const uid = Number(match[1]);
	return {
		uid,
		gid: match[2] === void 0 ? uid : Number(match[2])
	};
}
function readMode(text) {
	if (!/^[0-7]{3,4}$/.test(text)) throw new Error(`--chmod=${text}: allowed is an octal mode such as 755`);
	return Number.parseInt(text, 8);
}
function refuseSpecialAdd(source) {
	if (/^(https?|git|ssh):\/\/|^git@/.test(source)) throw new Error(`ADD of a URL (${source}) needs buildx`);
	if (/\.(tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst))$/i.test(source)) throw new Error(`ADD unpacks archives (${source}), which needs buildx; COPY keeps them as they are`);
}
// src/image/dockerfile/pairs.ts
/** `ENV` and `LABEL`: `name=value …`, or the old form `name value`. Pure. */
function readPairs(text, variables, escapeChar) {
	const words = splitWords(text, escapeChar);
	const [first] = words;
	if (first === void 0) throw new Error("name=value is missing");
	if (!first.includes("=")) {
		if (words.length < 2) throw new Error(`"${first}" has no value: write ${first}=value`);
		return [[expand(first, variables, escapeChar), expand(text.slice(first.length).trim(), variables, escapeChar)]];
	}
	return words.map((word) => {
		const at = word.indexOf("=");
		if (at < 1) throw new Error(`"${word}" is not name=value`);
		return [expand(word.slice(0, at), variables, escapeChar), expand(word.slice(at + 1), variables, escapeChar)];
	});
}
// src/image/dockerfile/evaluate.ts
/**
* What a Dockerfile without RUN means on top of a base image: the new configuration and the copies to make.
* One stage; everything that needs a running container, or a second stage, is one clear error with its line.
* Pure. BuildKit is the reference: https://docs.docker.com/reference/dockerfile/
*/
/** Phase one: what has to be pulled. */
function readStage(file, given) {
	const globalArgs = platformArgs(given.platform);
	const [first] = file.instructions;
	const from = file.instructions.findIndex((instruction) => instruction.name === "FROM");
	if (from < 0) throw wrong(first, "there is no FROM");
	for (const instruction of file.instructions.slice(0, from)) {
		if (instruction.name !== "ARG") throw wrong(instruction, "only ARG may stand before FROM");
		for (const [name, value] of readArg(instruction, globalArgs, file.escapeChar)) {
			const chosen = given.buildArgs.get(name) ?? value;
			if (chosen !== void 0) globalArgs.set(name, chosen);
		}
	}
	const instruction = file.instructions[from];
	const second = file.instructions.slice(from + 1).find((other) => other.name === "FROM");
	if (second !== void 0) throw wrong(second, "a second FROM (a build in stages) needs buildx");
	const words = attempt(instruction, () => splitWords(instruction.rest, file.escapeChar));
	const flag = words.find((word) => word.startsWith("--"));
	if (flag !== void 0) throw wrong(instruction, `${flag} needs buildx`);
	const [image = "", as, name] = words;
	if (image === "" || as !== void 0 && (as.toUpperCase() !== "AS" || name === void 0)) throw wrong(instruction, "allowed is FROM image, or FROM image AS name");
	const baseImage = attempt(instruction, () => expand(image, globalArgs, file.escapeChar));
	if (baseImage === "") throw wrong(instruction, `the base image ${image} is empty: give the build argument`);
	return {
		baseImage,
		fromLine: instruction.line,
		name,
		globalArgs,
		body: file.instructions.slice(from + 1),
		escapeChar: file.escapeChar
	};
}
/** Phase two: with the base image's configuration at hand. */
function evaluateStage(stage, base, given) {
	if ((base.OnBuild ?? []).length > 0) throw new ImageError("dockerfile", `Dockerfile line ${stage.fromLine}: the base image ${stage.baseImage} has ONBUILD triggers, which need buildx.`, stage.fromLine);
	const state = new StageState(stage, base, given);
	for (const instruction of stage.body) attempt(instruction, () => state.apply(instruction));
	const declared = /* @__PURE__ */ new Set([...state.declaredArgs, ...stage.globalArgs.keys()]);
	return {
		config: state.config,
		steps: state.steps,
		history: state.history,
		unusedArgs: [...given.buildArgs.keys()].filter((name) => !declared.has(name))
	};
}
var StageState = class {
	config;
	steps = [];
	history = [];
	declaredArgs = /* @__PURE__ */ new Set();
	#args = /* @__PURE__ */ new Map();
	#env;
	#stage;
	#given;
	#cmdSet = false;
	constructor(stage, base, given) {
		this.#stage = stage;
		this.#given = given;
		this.config = base;
		this.#env = new Map((base.Env ?? []).map((entry) => {
			const at = entry.indexOf("=");
			return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
		}));
	}
	apply(instruction) {
		const { rest, line } = instruction;
		const { escapeChar } = this.#stage;
		const variables = new Map([...this.#args, ...this.#env]);
		const fill = (text) => expand(text, variables, escapeChar);
		const before = this.steps.length;
		switch (instruction.name) {
			case "ARG":
				for (const [name, value] of readArg(instruction, variables, escapeChar)) {
					this.declaredArgs.add(name);
					const chosen = this.#given.buildArgs.get(name) ?? value ?? this.#stage.globalArgs.get(name);
					if (chosen !== void 0) this.#args.set(name, chosen);
				}
				break;
			case "ENV":
				for (const [name, value] of readPairs(rest, variables, escapeChar)) this.#env.set(name, value);
				this.#set({ Env: [...this.#env].map(([name, value]) => `${name}=${value}`) });
				break;
			case "LABEL":
				this.#set({ Labels: {
					...this.config.Labels,
					...Object.fromEntries(readPairs(rest, variables, escapeChar))
				} });
				break;
			case "WORKDIR": {
				const path = resolvePath(this.config.WorkingDir ?? "/", needed(fill(rest), "a path"));
				this.#set({ WorkingDir: path });
				this.steps.push({
					kind: "workdir",
					path,
					line
				});
				break;
			}
			case "COPY":
			case "ADD":
				this.steps.push(readCopy(instruction, this.config.WorkingDir ?? "/", fill, escapeChar));
				break;
			case "USER":
				this.#set({ User: needed(fill(rest), "a user") });
				break;
			case "EXPOSE":
				this.#set({ ExposedPorts: {
					...this.config.ExposedPorts,
					...readPorts(splitWords(rest, escapeChar).map(fill))
				} });
				break;
			case "VOLUME":
				this.#set({ Volumes: {
					...this.config.Volumes,
					...readVolumes(rest, (text) => splitWords(text, escapeChar), fill)
				} });
				break;
			case "STOPSIGNAL":
				this.#set({ StopSignal: needed(fill(rest), "a signal") });
				break;
			case "SHELL": {
				const shell = execOrShell(rest, void 0);
				if (shell === void 0) throw new Error("SHELL takes a JSON list of texts");
				this.#set({ Shell: shell });
				break;
			}
			case "CMD":
				this.#cmdSet = true;
				this.#set({ Cmd: execOrShell(rest, this.#shell()) });
				break;
			case "ENTRYPOINT":
				this.#set({ Entrypoint: execOrShell(rest, this.#shell()) });
				if (!this.#cmdSet) {
					const { Cmd: _, ...others } = this.config;
					this.config = others;
				}
				break;
			case "HEALTHCHECK":
				this.#set({ Healthcheck: readHealthcheck(rest, this.#shell(), escapeChar) });
				break;
			default: throw new Error(`${instruction.name} needs buildx`);
		}
		const createdBy = `${instruction.name} ${rest}`.replace(/\s+/g, " ");
		this.history.push(this.steps.length > before ? { created_by: createdBy } : {
			created_by: createdBy,
			empty_layer: true
		});
	}
	#set(change) {
		this.config = {
			...this.config,
			...change
		};
	}
	#shell() {
		return this.config.Shell ?? ["/bin/sh", "-c"];
	}
};
function readArg(instruction, variables, escapeChar) {
	return attempt(instruction, () => {
		const words = splitWords(instruction.rest, escapeChar);
		if (words.length === 0) throw new Error("ARG needs a name");
		return words.map((word) => {
			const [, name = "", , value] = /^([^=]*)(=([\s\S]*))?$/.exec(word) ?? [];
			if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`"${name}" is no name for an ARG`);
			return [name, value === void 0 ? void 0 : expand(value, variables, escapeChar)];
		});
	});
}
/** The arguments BuildKit defines by itself. */
function platformArgs(platform) {
	const text = platformText(platform);
	return /* @__PURE__ */ new Map([
		["TARGETPLATFORM", text],
		["TARGETOS", platform.os],
		["TARGETARCH", platform.architecture],
		["TARGETVARIANT", platform.variant ?? ""],
		["BUILDPLATFORM", text],
		["BUILDOS", platform.os],
		["BUILDARCH", platform.architecture],
		["BUILDVARIANT", platform.variant ?? ""]
	]);
}
function needed(text, what) {
	if (text === "") throw new Error(`${what} is missing`);
	return text;
}
function wrong(instruction, reason) {
	return new ImageError("dockerfile", `Dockerfile line ${instruction.line} (${instruction.name}): ${reason}.`, instruction.line);
}
/** Plain errors of the readers get the instruction and its line. */
function attempt(instruction, read) {
	try {
		return read();
	} catch (error) {
		if (error instanceof ImageError || !(error instanceof Error)) throw error;
		throw wrong(instruction, error.message);
	}
}
// src/image/dockerfile/instructions.ts
/**
* A Dockerfile as a list of instructions with their lines: comments, the escape directive, continuation
* lines. What an instruction means is for others. Pure.
* @see https://docs.docker.com/reference/dockerfile/
*/
function readInstructions(text) {
	const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
	const escapeChar = readEscapeDirective(lines);
	const instructions = [];
	for (let index = 0; index < lines.length; index++) {
		const first = lines[index];
		if (first.trim() === "" || first.trimStart().startsWith("#")) continue;
		const line = index + 1;
		let joined = first;
		while (endsInEscape(joined, escapeChar)) {
			joined = joined.trimEnd().slice(0, -1);
			index++;
			while (index < lines.length && /^\s*(#|$)/.test(lines[index])) index++;
			if (index >= lines.length) break;
			joined += lines[index];
		}
		const match = /^\s*([A-Za-z]+)(?:\s+([\s\S]*))?$/.exec(joined);
		if (match === null) throw new ImageError("dockerfile", `Dockerfile line ${line}: "${joined.trim()}" is no instruction.`, line);
		const name = match[1].toUpperCase();
		const rest = (match[2] ?? "").trim();
		if ([
			"RUN",
			"COPY",
			"ADD"
		].includes(name) && /<<-?["']?[A-Za-z_]/.test(rest)) throw new ImageError("dockerfile", `Dockerfile line ${line}: here-documents need buildx.`, line);
		instructions.push({
			name,
			rest,
			line
		});
	}
	if (instructions.length === 0) throw new ImageError("dockerfile", "The Dockerfile is empty.", 1);
	return {
		instructions,
		escapeChar
	};
}
function endsInEscape(line, escapeChar) {
	return line.trimEnd().endsWith(escapeChar);
}
/** Parser directives stand in comments at the very top. */
function readEscapeDirective(lines) {
	for (const line of lines) {
		const directive = /^\s*#\s*([A-Za-z]+)\s*=\s*(\S+)\s*$/.exec(line);
		if (directive === null) break;
		if (directive[1].toLowerCase() === "escape" && directive[2] === "`") return "`";
	}
	return "\\";
}
// src/image/plan.ts
/** What build-push-ecr will do, before anything is done. */
function contextPath(request, run) {
	return resolve(run.workspace === "" ? "." : run.workspace, request.context);
}
function dockerfilePath(request, run) {
	const { file } = request;
	if (file === void 0) return join(contextPath(request, run), "Dockerfile");
	return isAbsolute(file) ? file : resolve(run.workspace === "" ? "." : run.workspace, file);
}
/** An image that is taken over keeps what it is: only the tags are chosen here. */
function planPromotion(request, facts) {
	const { tags, skipped } = tagsOf(request.tagTemplates, facts);
	return {
		repository: request.repository,
		context: "",
		dockerfile: "",
		tags,
		skippedTags: skipped,
		labels: /* @__PURE__ */ new Map()
	};
}
function tagsOf(templates, { run, now }) {
	try {
		return renderTags(templates, {
			...run,
			now
		});
	} catch (error) {
		throw new ImageError("context", `${error.message}.`);
	}
}
/** Pure but for paths. Throws ImageError where there is no way. */
function planBuild(request, facts) {
	const { run } = facts;
	const always = run.sha === "" ? [] : ["{sha}"];
	const rendered = tagsOf([...request.tagTemplates, ...always], facts);
	return {
		repository: request.repository,
		context: contextPath(request, run),
		dockerfile: dockerfilePath(request, run),
		tags: rendered.tags,
		skippedTags: rendered.skipped,
		labels: automaticLabels(request.labels, run)
	};
}
/** Throws ImageError where neither can. */
function chooseBuilder(request, facts) {
	const { buildxProblem } = facts;
	if (request.builder === "static") {
		const problem = whyNotStatic(request, facts.dockerfileText);
		if (problem !== void 0) throw problem;
		return {
			builder: "static",
			builderReason: "as asked"
		};
	}
	if (buildxProblem === void 0) return {
		builder: "buildx",
		builderReason: request.builder === "buildx" ? "as asked" : "docker has buildx"
	};
	if (request.builder === "buildx") {
		if (buildxProblem.code !== "docker-missing") throw buildxProblem;
		throw new ImageError("docker-missing", `${buildxProblem.message} Use a runner that has Docker; a Dockerfile without RUN can be built with builder: static.`);
	}
	const problem = whyNotStatic(request, facts.dockerfileText);
	if (problem !== void 0) throw new ImageError("no-builder", `${buildxProblem.message} The builder that needs no Docker cannot take this Dockerfile either: ${problem.message}`, problem.line);
	return {
		builder: "static",
		builderReason: `${buildxProblem.message} The Dockerfile needs no RUN.`
	};
}
/** Reads the Dockerfile as if its base image were empty: every instruction is checked before anything is pulled. */
function whyNotStatic(request, dockerfileText) {
	const [needed] = onlyBuildx(request.buildx);
	if (needed !== void 0) return new ImageError("no-builder", `The input ${needed} needs buildx.`);
	try {
		const file = readInstructions(dockerfileText);
		for (const platform of request.platforms) {
			const given = {
				buildArgs: request.buildArgs,
				platform: parsePlatform(platform)
			};
			evaluateStage(readStage(file, given), {}, given);
		}
		return;
	} catch (error) {
		if (error instanceof ImageError) return error;
		throw error;
	}
}
/** The labels of the OCI annotations specification that a run knows; the user's own win. */
function automaticLabels(given, run) {
	const labels = /* @__PURE__ */ new Map();
	if (run.sha !== "") labels.set("org.opencontainers.image.revision", run.sha);
	if (run.repository !== "" && run.serverUrl !== "") labels.set("org.opencontainers.image.source", `${run.serverUrl}/${run.repository}`);
	for (const [name, value] of given) labels.set(name, value);
	return labels;
}
// src/image/ask-for-builder.ts
/**
* Docker is asked for its buildx while AWS is asked for the image: these are three commands of docker, and a build whose
* image is there already need not wait for them.
*/
function askForBuilder({ request, ports }, dockerfileText) {
	const withdrawn = new AbortController();
	const signal = AbortSignal.any([ports.runner.cancelled, withdrawn.signal]);
	const ask = async () => {
		return chooseBuilder(request, {
			dockerfileText,
			buildxProblem: request.builder === "static" ? void 0 : await whyNoBuildx(ports.environment, signal)
		});
	};
	const asked = ask();
	asked.catch(() => void 0);
	return {
		answer: () => asked,
		withdraw: () => withdrawn.abort()
	};
}
// src/image/buildx/arguments.ts
function getArgs(build, output = { kind: "push" }) {
	const { options } = build;
	const pushes = output.kind === "push";
	const each = (flag, values) => [...values].flatMap((value) => [flag, value]);
	const pairs = (flag, values) => each(flag, [...values].map(([name, value]) => `${name}=${value}`));
	return [
		"buildx",
		"build",
		...output.kind === "push" ? ["--push"] : [],
		...output.kind === "archive" ? ["--output", `type=oci,dest=${output.file}`] : [],
		...output.kind === "load" ? [
			"--load",
			"--tag",
			output.name
		] : [],
		"--progress=plain",
		`--provenance=${pushes ? options.provenance : "false"}`,
		...options.sbom === "false" || !pushes ? [] : [`--sbom=${options.sbom}`],
		"--file",
		build.dockerfile,
		...pushes ? ["--metadata-file", build.metadataFile] : [],
		"--platform",
		build.platforms.join(","),
		...each("--tag", pushes ? build.references : []),
		...pairs("--build-arg", build.buildArgs),
		...pairs("--label", build.labels),
		...build.target === void 0 ? [] : ["--target", build.target],
		...each("--secret", secretFlags(options)),
		...each("--ssh", options.ssh),
		...each("--cache-from", [...options.cacheFrom, ...ecrCache(build.cacheReference, "from")]),
		...each("--cache-to", pushes ? [...options.cacheTo, ...ecrCache(build.cacheReference, "to")] : []),
		...options.noCache ? ["--no-cache"] : [],
		...each("--no-cache-filter", options.noCacheFilters),
		...options.pull ? ["--pull"] : [],
		...each("--annotation", options.annotations),
		...pairs("--build-context", options.buildContexts),
		...each("--add-host", options.addHosts),
		...options.network === "default" ? [] : ["--network", options.network],
		...options.shmSize === void 0 ? [] : ["--shm-size", options.shmSize],
		...each("--ulimit", options.ulimits),
		build.context
	];
}
/** Values of secrets go through the environment of the one process: not in arguments, not on disk. */
function secretEnvironment(options) {
	return Object.fromEntries([...options.secrets.values()].map((value, index) => [secretVariable(index), value]));
}
function secretFlags(options) {
	return [
		...[...options.secrets.keys()].map((id, index) => `id=${id},env=${secretVariable(index)}`),
		...[...options.secretEnvs].map(([id, name]) => `id=${id},env=${name}`),
		...[...options.secretFiles].map(([id, path]) => `id=${id},src=${path}`)
	];
}
function secretVariable(index) {
	return `IPS_BUILD_SECRET_${index}`;
}
/**
* ECR takes a cache only as an image manifest with OCI media types.
* @see https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/
*/
function ecrCache(reference, way) {
	if (reference === void 0) return [];
	return way === "from" ? [`type=registry,ref=${reference}`] : [`type=registry,ref=${reference},mode=max,image-manifest=true,oci-mediatypes=true`];
}
/** `containerimage.digest` of the metadata file. Undefined where it has none. */
function digestFromMetadata(text) {
	const digest = JSON.parse(text)["containerimage.digest"];
	return typeof digest === "string" && /^sha256:[a-f0-9]{64}$/.test(digest) ? digest : void 0;
}
// src/image/buildx/failed-step.ts
/** Which step of a Dockerfile failed, from what buildx printed of it with `--progress=plain`. Pure. */
const rule = /^-{6,}$/;
/** The block between two rules whose first line is ` > [2/3] RUN make:`; the last one counts. */
function failedStep(lines) {
	const begin = lines.findLastIndex((line, index) => line.startsWith(" > ") && rule.test(lines[index - 1] ?? ""));
	if (begin < 0) return void 0;
	const rest = lines.slice(begin + 1);
	const end = rest.findIndex((line) => rule.test(line));
	return {
		name: lines[begin].slice(3).replace(/:$/, "").replace(/^\[[^\]]*\] /, ""),
		output: rest.slice(0, Math.max(0, end)).map((line) => line.replace(/^\d+\.\d+ /, ""))
	};
}
/**
* The line of the Dockerfile: as BuildKit prints it above the excerpt, else (BuildKit of the older engines) the
* only instruction that reads like the step that failed.
*/
function failedLine(lines, step, dockerfile) {
	const excerpt = lines.findLastIndex((line, index) => /^\S+:\d+$/.test(line) && rule.test(lines[index + 1] ?? ""));
	if (excerpt >= 0) return Number(/\d+$/.exec(lines[excerpt])[0]);
	if (step === void 0) return void 0;
	const base = /^(?:load metadata for|FROM) (\S+?)(?:@sha256:\w+)?$/.exec(step.name)?.[1];
	const fits = instructionsOf(dockerfile).filter(({ name, rest }) => base === void 0 ? words$1(`${name} ${rest}`) === words$1(step.name) : name === "FROM" && isShortFor(rest.split(/\s+/).find((word) => !word.startsWith("--")) ?? "", base));
	return fits.length === 1 ? fits[0].line : void 0;
}
/** Whether `node:24` is what BuildKit calls `docker.io/library/node:24`. */
function isShortFor(given, full) {
	return [given, `${given}:latest`].some((name) => full === name || /^docker\.io\/(?:library\/)?$/.test(full.slice(0, -name.length)) && full.endsWith(name));
}
function instructionsOf(dockerfile) {
	try {
		return readInstructions(dockerfile).instructions;
	} catch {
		return [];
	}
}
function words$1(text) {
	return text.trim().split(/\s+/).join(" ");
}
// src/image/buildx/symptoms.ts
const diskFull = {
	pattern: /no space left on device/i,
	code: "disk-full",
	message: () => "The disk is full. Free space on the runner (docker system prune), or use a larger one."
};
/** The sentence is made where it is known what was being done. */
const brokenNetwork = /connection reset by peer|use of closed network connection|i\/o timeout|tls handshake timeout|connection timed out|unexpected eof|: EOF$|connection refused|temporary failure in name resolution|no such host|server misbehaving|network is unreachable|no route to host|broken pipe|client connection (?:lost|force closed)|context deadline exceeded|(?:500|502|503|504) (?:internal server error|bad gateway|service unavailable|gateway timeout)|429 too many requests|toomanyrequests/im;
const setUpBuildx = "add docker/setup-buildx-action before this step.";
/** The first that matches, from the most to the least specific. */
const symptoms = [
	{
		pattern: /cannot connect to the docker daemon|is the docker daemon running|permission denied while trying to connect to the docker/i,
		code: "docker-daemon-down",
		message: () => "The Docker daemon does not answer: start it, or give this job access to its socket."
	},
	{
		pattern: /no builder "([^"]+)" found/i,
		code: "no-builder",
		message: (match) => `There is no buildx builder ${match[1]}: ${setUpBuildx}`
	},
	{
		pattern: /(multi-platform build|cache export|attestation) is not supported for the (\w+) driver/i,
		code: "no-builder",
		message: (match) => {
			const what = {
				m: "build for several platforms",
				c: "export a cache",
				a: "attach provenance or an SBOM"
			};
			const key = match[1].charAt(0).toLowerCase();
			return `The builder of this runner (driver ${match[2]}) cannot ${what[key]}: ${setUpBuildx}`;
		}
	},
	diskFull,
	{
		pattern: /dockerfile parse error (?:on )?line (\d+): (.+)/i,
		code: "dockerfile",
		message: (match) => `${match[2]}.`,
		line: (match) => Number(match[1])
	},
	{
		pattern: /target stage "?([^\s"]+)"? could not be found/i,
		code: "dockerfile",
		message: (match) => `The Dockerfile has no stage ${match[1]}, which the input target names.`
	},
	{
		pattern: /failed to compute cache key: .*?"([^"]+)":? not found/i,
		code: "dockerfile",
		message: (match) => `${match[1]} is not in the build context or the stage that it is copied from. A .dockerignore may leave it out.`
	},
	{
		pattern: /failed to stat (\S+): stat \S+: no such file/i,
		code: "context",
		message: (match) => `${match[1]}, which secret-files names, does not exist.`
	},
	{
		pattern: /image tag '([^']+)' already exists/i,
		code: "tag-taken",
		message: (match) => `Tag ${match[1]} exists, is immutable and holds another image. Give another tag.`
	},
	{
		pattern: /tag invalid|TAG_INVALID/i,
		code: "tag-taken",
		message: () => "A tag exists, is immutable and holds another image. Give another tag."
	},
	{
		pattern: /repository with name '([^']+)' does not exist|name unknown: The repository/i,
		code: "repository-not-found",
		message: () => "The ECR repository does not exist. Set create-repository: true, or make it first."
	},
	{
		pattern: /(?:failed to (?:resolve source metadata|load metadata) for )?([^\s]+?)?:? no match for platform in manifest/i,
		code: "base-image-not-found",
		message: (match) => `The base image ${match[1] ?? ""} is not there for every platform that was asked for.`.replace("  ", " ")
	},
	{
		pattern: /failed to (?:resolve source metadata|load metadata) for ([^\s:]+(?::\S+?)?):? .*(?:not found|manifest unknown|does not exist)/i,
		code: "base-image-not-found",
		message: (match) => `The base image ${match[1]} does not exist.`
	},
	{
		pattern: /failed to (?:create LLB definition|load cache key): ([^\s:]+(?::\S+?)?): not found/i,
		code: "base-image-not-found",
		message: (match) => `The base image ${match[1]} does not exist.`
	},
	{
		pattern: /(?:pull access denied for|manifest for) ([^\s,]+)/i,
		code: "base-image-not-found",
		message: (match) => `The base image ${match[1]} does not exist, or needs a login.`
	},
	{
		pattern: /no basic auth credentials|401 unauthorized|403 forbidden|denied: |authorization token has expired/i,
		code: "registry-denied",
		message: () => "The registry denies the push or pull. Check the credentials of this job and the repository policy."
	}
];
// src/image/buildx/diagnose.ts
/** @param dockerfile its text, for engines whose BuildKit does not tell the line */
function diagnose(lines, exitCode, dockerfile = "") {
	const step = failedStep(lines);
	const begin = lines.findLastIndex((each) => errorSign.test(each));
	const error = lines.slice(Math.max(0, begin)).join("\n");
	const line = failedLine(lines, step, dockerfile);
	const command = /(?:did not complete successfully|executor failed running .*): exit code: (\d+)/.exec(error);
	const cause = command === null ? ofSymptoms(error) ?? ofNetwork(error, step) ?? unknown(error, exitCode) : ofCommand(step, Number(command[1]));
	const told = cause.line ?? line;
	const message = `${told !== void 0 && inDockerfile(cause) ? `Dockerfile line ${told}: ` : ""}${cause.message}`;
	return {
		transient: false,
		...cause,
		message,
		...told === void 0 ? {} : { line: told }
	};
}
/** Between buildx and its BuildKit. */
const builderGone = /failed to receive status: rpc error|code = Unavailable|error reading from server/;
const errorSign = /^\s*(?:#\d+ )?error:?\s/i;
/** The message speaks of an instruction there. */
function inDockerfile({ code, message }) {
	return code === "dockerfile" || message.startsWith("RUN ");
}
function ofSymptoms(error) {
	for (const { pattern, code, message, line } of symptoms) {
		const match = pattern.exec(error);
		if (match === null) continue;
		return {
			code,
			message: message(match),
			...line === void 0 ? {} : { line: line(match) }
		};
	}
}
function ofNetwork(error, step) {
	const broken = brokenNetwork.exec(error)?.[0].replace(/^: /, "");
	if (broken === void 0) return void 0;
	if (builderGone.test(error) || step?.name === "waiting for connection") return {
		code: "docker-daemon-down",
		message: `The builder stopped answering (${broken}): it was ended, or ran out of memory.`,
		transient: true
	};
	return {
		code: "registry-network",
		message: `${whatBroke(error, step)} (${broken}).`,
		transient: true
	};
}
function unknown(error, exitCode) {
	return {
		code: "build-failed",
		message: `docker buildx build ended with ${exitCode}: ${error.split("\n")[0].replace(errorSign, "").replace(/^(?:failed to build: )?(?:failed to solve: )?/, "").trim() || "it said nothing"}`
	};
}
/** A RUN that failed: its own words are the cause. */
function ofCommand(step, exitCode) {
	const output = step?.output ?? [];
	const text = output.join("\n");
	const full = diskFull.pattern.exec(text);
	if (full !== null) return {
		code: "disk-full",
		message: diskFull.message(full)
	};
	const last = output.findLast((each) => each.trim() !== "")?.trim();
	const hint = /exec format error/i.test(text) ? " Commands of another platform need docker/setup-qemu-action before this step." : exitCode === 137 ? " It was killed, most often for want of memory." : "";
	return {
		code: "build-failed",
		message: `RUN ended with exit code ${exitCode}${last === void 0 ? "" : ` (${last})`}.${hint}`,
		transient: brokenNetwork.test(text)
	};
}
function whatBroke(error, step) {
	const push = /failed to push (\S+?):? /.exec(error)?.[1] ?? /^pushing (\S+) with docker$/.exec(step?.name ?? "")?.[1];
	if (push !== void 0) return `The push to ${push} broke off`;
	const host = /https?:\/\/([^/"\s]+)/.exec(error)?.[1] ?? /lookup (\S+)/.exec(error)?.[1];
	return host === void 0 ? "The network or the registry failed" : `${host} could not be reached`;
}
// src/image/buildx/build.ts
/** Builds and pushes with buildx; network failures are tried again (BuildKit keeps what it has done). */
const pauses$1 = {
	transientBaseMs: 1e3,
	throttledBaseMs: 2e3,
	longestPauseMs: 2e4,
	totalMs: 6e5
};
/** Answers the digest that BuildKit pushed. */
async function buildWithBuildx(build, ports) {
	await runBuild(build, { kind: "push" }, ports);
	const digest = digestFromMetadata(ports.readFile(build.metadataFile) ?? "{}");
	if (digest === void 0) throw new ImageError("build-failed", "docker buildx build succeeded but told no digest: update buildx.");
	return digest;
}
/** Rejects with ImageError where it failed for good. */
async function runBuild(build, output, ports) {
	const args = getArgs(build, output);
	for (let attempt = 1;; attempt++) {
		const run = await runDocker(args, {
			environment: ports.environment,
			folder: ports.workspace,
			signal: ports.signal,
			onLine: ports.onLine
		});
		if (run.exitCode === 0) return;
		const cause = diagnose(run.tail, run.exitCode, ports.readFile(build.dockerfile));
		if (!cause.transient || attempt >= ports.attempts) {
			const suffix = cause.transient ? triedInVain(attempt, cause.code) : "";
			throw new ImageError(cause.code, `${cause.message}${suffix}`, cause.line);
		}
		ports.onRetry(`${cause.message} Trying again (${attempt + 1} of ${ports.attempts}).`);
		await ports.clock.sleep(retryPauseMs(pauses$1, "transient", attempt, ports.random()), ports.signal);
	}
}
function triedInVain(attempts, code) {
	const tried = ` Tried ${attempts === 1 ? "once" : `${attempts} times`}.`;
	if (code === "docker-daemon-down") return `${tried} Look at the builder's own log (docker buildx inspect).`;
	return `${tried} Check the network of the runner, then run the job again: what has arrived is not sent twice.`;
}
// src/image/buildx/archive.ts
/** Builds into an archive on disk, for what has to be known of an image before it leaves the runner. */
/**
* As an OCI layout where the driver can write one; Docker's own driver without the containerd image store cannot,
* and its image is loaded and saved. The layers are in BuildKit's cache then: the push finds them there.
*/
async function buildArchive(build, file, ports) {
	try {
		await runBuild(build, {
			kind: "archive",
			file
		}, ports);
		return;
	} catch (error) {
		if (!(error instanceof ImageError && /exporter .*(not|un)\s?supported|does not support exporting|(not|un)\s?supported for the docker driver/i.test(error.message))) throw error;
	}
	const name = `ips-search:${basename(dirname(file)).toLowerCase()}`;
	await runBuild(build, {
		kind: "load",
		name
	}, ports);
	const { environment, signal } = ports;
	const saved = await runDocker([
		"save",
		"--output",
		file,
		name
	], {
		environment,
		signal
	});
	await runDocker([
		"image",
		"rm",
		name
	], {
		environment,
		signal
	}).catch(() => void 0);
	if (saved.exitCode !== 0) throw new ImageError("build-failed", `docker save ended with ${saved.exitCode}: ${saved.tail.at(-1) ?? ""}`);
}
// src/image/image-configs.ts
/** Undefined where the manifest or its configuration is not there. */
async function readImageConfig(registry, repository, digest) {
	const found = await registry.manifest(repository, digest);
	if (found === void 0) return void 0;
	const manifest = JSON.parse(Buffer.from(found.bytes).toString("utf8"));
	if (manifest.config === void 0) return void 0;
	const bytes = await registry.blobBytes(repository, manifest.config.digest);
	return bytes === void 0 ? void 0 : JSON.parse(Buffer.from(bytes).toString("utf8"));
}
// src/image/platform-images.ts
/**
* The children of an index (attestations, whose platform is unknown, are none of them), or the image itself,
* whose platform is the one it was asked for.
*/
function platformImages(image, asked) {
	const manifest = JSON.parse(image.manifest);
	if (!isIndex(manifest.mediaType ?? image.mediaType)) return [{
		platform: asked.length === 1 ? asked[0] : "",
		digest: image.digest
	}];
	return (manifest.manifests ?? []).flatMap(({ platform, digest }) => platform === void 0 || platform.os === "unknown" ? [] : [{
		platform: platformText(platform),
		digest
	}]);
}
/** Platforms that were asked for and are not in the image. `linux/arm64` is `linux/arm64/v8`, too. */
function missingPlatforms(images, asked) {
	const held = images.map((each) => each.platform);
	return asked.filter((one) => !held.some((each) => each === one || each.startsWith(`${one}/`) || each === ""));
}
// src/aws/ecr-repository.ts
/** Repositories of ECR: read one, make one as the guide does. */
/** Undefined where there is none. */
async function readEcrRepository(aws, name, signal) {
	try {
		const { repositories = [] } = await aws.call("ecr:DescribeRepositories", { repositoryNames: [name] }, signal);
		return repositories[0] === void 0 ? void 0 : toRepository(repositories[0]);
	} catch (error) {
		if (error instanceof AwsCallError && error.code === "RepositoryNotFoundException") return void 0;
		throw error;
	}
}
/**
* For images: scan on push, AES256 and "keep the last 10 images", as in the guide; tags immutable. For a build
* cache: one tag that moves, and what it leaves behind goes after a week.
*/
async function createEcrRepository(aws, name, use, signal) {
	try {
		const { repository } = await aws.call("ecr:CreateRepository", {
			repositoryName: name,
			imageTagMutability: use === "images" ? "IMMUTABLE" : "MUTABLE",
			imageScanningConfiguration: { scanOnPush: use === "images" },
			encryptionConfiguration: { encryptionType: "AES256" }
		}, signal);
		if (repository === void 0) throw new Error("ecr:CreateRepository answered without a repository.");
		await aws.call("ecr:PutLifecyclePolicy", {
			repositoryName: name,
			lifecyclePolicyText: JSON.stringify(lifecycles[use])
		}, signal);
		return toRepository(repository);
	} catch (error) {
		if (!(error instanceof AwsCallError) || error.code !== "RepositoryAlreadyExistsException") throw error;
		const found = await readEcrRepository(aws, name, signal);
		if (found === void 0) throw error;
		return found;
	}
}
const lifecycles = {
	images: { rules: [{
		rulePriority: 1,
		description: "Keep what was promoted",
		selection: {
			tagStatus: "tagged",
			tagPatternList: [`${keepPrefix}*`],
			countType: "imageCountMoreThan",
			countNumber: 9999
		},
		action: { type: "expire" }
	}, {
		rulePriority: 2,
		description: "Keep last 10 images",
		selection: {
			tagStatus: "any",
			countType: "imageCountMoreThan",
			countNumber: 10
		},
		action: { type: "expire" }
	}] },
	cache: { rules: [{
		rulePriority: 1,
		description: "Build cache that no tag names any more",
		selection: {
			tagStatus: "untagged",
			countType: "sinceImagePushed",
			countUnit: "days",
			countNumber: 7
		},
		action: { type: "expire" }
	}] }
};
/** Whether a push to this tag fails once the tag exists. Pure. */
function isImmutableTag(repository, tag) {
	const excluded = repository.exclusionFilters.some((filter) => new RegExp(`^${filter.split("*").map(escapeRegExp$1).join(".*")}$`).test(tag));
	return repository.tagMutability.startsWith("IMMUTABLE") !== excluded;
}
function escapeRegExp$1(text) {
	return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
function toRepository(repository) {
	return {
		name: repository.repositoryName ?? "",
		uri: repository.repositoryUri ?? "",
		registryId: repository.registryId ?? "",
		tagMutability: repository.imageTagMutability ?? "MUTABLE",
		exclusionFilters: (repository.imageTagMutabilityExclusionFilters ?? []).flatMap(({ filter }) => filter === void 0 ? [] : [filter])
	};
}
async function findOrMakeRepository(job, name, use, before = async () => void 0) {
	const { cancelled } = job.ports.runner;
	const found = await readEcrRepository(job.aws, name, cancelled);
	if (found !== void 0) {
		if (use === "cache" && isImmutableTag(found, "buildcache")) throw new ImageError("tag-taken", `The cache repository ${name} has immutable tags: a build cache needs one that can move.`);
		return found;
	}
	await before();
	if (!job.request.createRepository) throw new ImageError("repository-not-found", `The ECR repository ${name} does not exist. Set create-repository: true, or make it first.`);
	const made = await createEcrRepository(job.aws, name, use, cancelled);
	job.event("image.repository-created", "notice", use === "images" ? `Made the repository ${name}: immutable tags, scan on push, the last 10 images kept.` : `Made the repository ${name} for the build cache.`);
	return made;
}
// node_modules/events-universal/default.js
var require_default = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = __require("events");
}));
// node_modules/fast-fifo/fixed-size.js
var require_fixed_size = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = class FixedFIFO {
		constructor(hwm) {
			if (!(hwm > 0) || (hwm - 1 & hwm) !== 0) throw new Error("Max size for a FixedFIFO should be a power of two");
			this.buffer = new Array(hwm);
			this.mask = hwm - 1;
			this.top = 0;
			this.btm = 0;
			this.next = null;
		}
		clear() {
			this.top = this.btm = 0;
			this.next = null;
			this.buffer.fill(void 0);
		}
		push(data) {
			if (this.buffer[this.top] !== void 0) return false;
			this.buffer[this.top] = data;
			this.top = this.top + 1 & this.mask;
			return true;
		}
		shift() {
			const last = this.buffer[this.btm];
			if (last === void 0) return void 0;
			this.buffer[this.btm] = void 0;
			this.btm = this.btm + 1 & this.mask;
			return last;
		}
		peek() {
			return this.buffer[this.btm];
		}
		isEmpty() {
			return this.buffer[this.btm] === void 0;
		}
	};
}));
// node_modules/fast-fifo/index.js
var require_fast_fifo = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const FixedFIFO = require_fixed_size();
	module.exports = class FastFIFO {
		constructor(hwm) {
			this.hwm = hwm || 16;
			this.head = new FixedFIFO(this.hwm);
			this.tail = this.head;
			this.length = 0;
		}
		clear() {
			this.head = this.tail;
			this.head.clear();
			this.length = 0;
		}
		push(val) {
			this.length++;
			if (!this.head.push(val)) {
				const prev = this.head;
				this.head = prev.next = new FixedFIFO(2 * this.head.buffer.length);
				this.head.push(val);
			}
		}
		shift() {
			if (this.length !== 0) this.length--;
			const val = this.tail.shift();
			if (val === void 0 && this.tail.next) {
				const next = this.tail.next;
				this.tail.next = null;
				this.tail = next;
				return this.tail.shift();
			}
			return val;
		}
		peek() {
			const val = this.tail.peek();
			if (val === void 0 && this.tail.next) return this.tail.next.peek();
			return val;
		}
		isEmpty() {
			return this.length === 0;
		}
	};
}));
// node_modules/b4a/index.js
var require_b4a = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	function isBuffer(value) {
		return Buffer.isBuffer(value) || value instanceof Uint8Array;
	}
	function isEncoding(encoding) {
		return Buffer.isEncoding(encoding);
	}
	function alloc(size, fill, encoding) {
		return Buffer.alloc(size, fill, encoding);
	}
	function allocUnsafe(size) {
		return Buffer.allocUnsafe(size);
	}
	function allocUnsafeSlow(size) {
		return Buffer.allocUnsafeSlow(size);
	}
	function byteLength(string, encoding) {
		return Buffer.byteLength(string, encoding);
	}
	function compare(a, b) {
		return Buffer.compare(a, b);
	}
	function concat(buffers, totalLength) {
		return Buffer.concat(buffers, totalLength);
	}
	function copy(source, target, targetStart, start, end) {
		return toBuffer(source).copy(target, targetStart, start, end);
	}
	function equals(a, b) {
		return toBuffer(a).equals(b);
	}
	function fill(buffer, value, offset, end, encoding) {
		return toBuffer(buffer).fill(value, offset, end, encoding);
	}
	function from(value, encodingOrOffset, length) {
		return Buffer.from(value, encodingOrOffset, length);
	}
	function includes(buffer, value, byteOffset, encoding) {
		return toBuffer(buffer).includes(value, byteOffset, encoding);
	}
	function indexOf(buffer, value, byfeOffset, encoding) {
		return toBuffer(buffer).indexOf(value, byfeOffset, encoding);
	}
	function lastIndexOf(buffer, value, byteOffset, encoding) {
		return toBuffer(buffer).lastIndexOf(value, byteOffset, encoding);
	}
	function swap16(buffer) {
		return toBuffer(buffer).swap16();
	}
	function swap32(buffer) {
		return toBuffer(buffer).swap32();
	}
	function swap64(buffer) {
		return toBuffer(buffer).swap64();
	}
	function toBuffer(buffer) {
		if (Buffer.isBuffer(buffer)) return buffer;
		return Buffer.from(buffer.buffer, buffer.byteOffset, buffer.byteLength);
	}
	function toString(buffer, encoding, start, end) {
		return toBuffer(buffer).toString(encoding, start, end);
	}
	function toHex(buffer, start, end) {
		return toBuffer(buffer).toString("hex", start, end);
	}
	function write(buffer, string, offset, length, encoding) {
		return toBuffer(buffer).write(string, offset, length, encoding);
	}
	function readDoubleBE(buffer, offset) {
		return toBuffer(buffer).readDoubleBE(offset);
	}
	function readDoubleLE(buffer, offset) {
		return toBuffer(buffer).readDoubleLE(offset);
	}
	function readFloatBE(buffer, offset) {
		return toBuffer(buffer).readFloatBE(offset);
	}
	function readFloatLE(buffer, offset) {
		return toBuffer(buffer).readFloatLE(offset);
	}
	function readInt32BE(buffer, offset) {
		return toBuffer(buffer).readInt32BE(offset);
	}
	function readInt32LE(buffer, offset) {
		return toBuffer(buffer).readInt32LE(offset);
	}
	function readUInt32BE(buffer, offset) {
		return toBuffer(buffer).readUInt32BE(offset);
	}
	function readUInt32LE(buffer, offset) {
		return toBuffer(buffer).readUInt32LE(offset);
	}
	function writeDoubleBE(buffer, value, offset) {
		return toBuffer(buffer).writeDoubleBE(value, offset);
	}
	function writeDoubleLE(buffer, value, offset) {
		return toBuffer(buffer).writeDoubleLE(value, offset);
	}
	function writeFloatBE(buffer, value, offset) {
		return toBuffer(buffer).writeFloatBE(value, offset);
	}
	function writeFloatLE(buffer, value, offset) {
		return toBuffer(buffer).writeFloatLE(value, offset);
	}
	function writeInt32BE(buffer, value, offset) {
		return toBuffer(buffer).writeInt32BE(value, offset);
	}
	function writeInt32LE(buffer, value, offset) {
		return toBuffer(buffer).writeInt32LE(value, offset);
	}
	function writeUInt32BE(buffer, value, offset) {
		return toBuffer(buffer).writeUInt32BE(value, offset);
	}
	function writeUInt32LE(buffer, value, offset) {
		return toBuffer(buffer).writeUInt32LE(value, offset);
	}
	module.exports = {
		isBuffer,
		isEncoding,
		alloc,
		allocUnsafe,
		allocUnsafeSlow,
		byteLength,
		compare,
		concat,
		copy,
		equals,
		fill,
		from,
		includes,
		indexOf,
		lastIndexOf,
		swap16,
		swap32,
		swap64,
		toBuffer,
		toString,
		toHex,
		write,
		readDoubleBE,
		readDoubleLE,
		readFloatBE,
		readFloatLE,
		readInt32BE,
		readInt32LE,
		readUInt32BE,
		readUInt32LE,
		writeDoubleBE,
		writeDoubleLE,
		writeFloatBE,
		writeFloatLE,
		writeInt32BE,
		writeInt32LE,
		writeUInt32BE,
		writeUInt32LE
	};
}));
// node_modules/text-decoder/lib/pass-through-decoder.js
var require_pass_through_decoder = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const b4a = require_b4a();
	module.exports = class PassThroughDecoder {
		constructor(encoding) {
			this.encoding = encoding;
		}
		get remaining() {
			return 0;
		}
		decode(data) {
			return b4a.toString(data, this.encoding);
		}
		flush() {
			return "";
		}
	};
}));
// node_modules/text-decoder/lib/utf8-decoder.js
var require_utf8_decoder = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const b4a = require_b4a();
	/**
	* https://encoding.spec.whatwg.org/#utf-8-decoder
	*/
	module.exports = class UTF8Decoder {
		constructor() {
			this._reset();
		}
		get remaining() {
			return this.bytesSeen;
		}
		decode(data) {
			if (data.byteLength === 0) return "";
			if (this.bytesNeeded === 0 && trailingIncomplete(data, 0) === 0) {
				this.bytesSeen = trailingBytesSeen(data);
				return b4a.toString(data, "utf8");
			}
			let result = "";
			let start = 0;
			if (this.bytesNeeded > 0) {
				while (start < data.byteLength) {
					const byte = data[start];
					if (byte < this.lowerBoundary || byte > this.upperBoundary) {
						result += "�";
						this._reset();
						break;
					}
					this.lowerBoundary = 128;
					this.upperBoundary = 191;
					this.codePoint = this.codePoint << 6 | byte & 63;
					this.bytesSeen++;
					start++;
					if (this.bytesSeen === this.bytesNeeded) {
						result += String.fromCodePoint(this.codePoint);
						this._reset();
						break;
					}
				}
				if (this.bytesNeeded > 0) return result;
			}
			const trailing = trailingIncomplete(data, start);
			const end = data.byteLength - trailing;
			if (end > start) result += b4a.toString(data, "utf8", start, end);
			for (let i = end; i < data.byteLength; i++) {
				const byte = data[i];
				if (this.bytesNeeded === 0) {
					if (byte <= 127) {
						this.bytesSeen = 0;
						result += String.fromCharCode(byte);
					} else if (byte >= 194 && byte <= 223) {
						this.bytesNeeded = 2;
						this.bytesSeen = 1;
						this.codePoint = byte & 31;
					} else if (byte >= 224 && byte <= 239) {
						if (byte === 224) this.lowerBoundary = 160;
						else if (byte === 237) this.upperBoundary = 159;
						this.bytesNeeded = 3;
						this.bytesSeen = 1;
						this.codePoint = byte & 15;
					} else if (byte >= 240 && byte <= 244) {
						if (byte === 240) this.lowerBoundary = 144;
						else if (byte === 244) this.upperBoundary = 143;
						this.bytesNeeded = 4;
						this.bytesSeen = 1;
						this.codePoint = byte & 7;
					} else {
						this.bytesSeen = 1;
						result += "�";
					}
					continue;
				}
				if (byte < this.lowerBoundary || byte > this.upperBoundary) {
					result += "�";
					i--;
					this._reset();
					continue;
				}
				this.lowerBoundary = 128;
				this.upperBoundary = 191;
				this.codePoint = this.codePoint << 6 | byte & 63;
				this.bytesSeen++;
				if (this.bytesSeen === this.bytesNeeded) {
					result += String.fromCodePoint(this.codePoint);
					this._reset();
				}
			}
			return result;
		}
		flush() {
			const result = this.bytesNeeded > 0 ? "�" : "";
			this._reset();
			return result;
		}
		_reset() {
			this.codePoint = 0;
			this.bytesNeeded = 0;
			this.bytesSeen = 0;
			this.lowerBoundary = 128;
			this.upperBoundary = 191;
		}
	};
	function trailingIncomplete(data, start) {
		const len = data.byteLength;
		if (len <= start) return 0;
		const limit = Math.max(start, len - 4);
		let i = len - 1;
		while (i > limit && (data[i] & 192) === 128) i--;
		if (i < start) return 0;
		const byte = data[i];
		let needed;
		if (byte <= 127) return 0;
		if (byte >= 194 && byte <= 223) needed = 2;
		else if (byte >= 224 && byte <= 239) needed = 3;
		else if (byte >= 240 && byte <= 244) needed = 4;
		else return 0;
		const available = len - i;
		return available < needed ? available : 0;
	}
	function trailingBytesSeen(data) {
		const len = data.byteLength;
		if (len === 0) return 0;
		const last = data[len - 1];
		if (last <= 127) return 0;
		if ((last & 192) !== 128) return 1;
		const limit = Math.max(0, len - 4);
		let i = len - 2;
		while (i >= limit && (data[i] & 192) === 128) i--;
		if (i < 0) return 1;
		const first = data[i];
		let needed;
		if (first >= 194 && first <= 223) needed = 2;
		else if (first >= 224 && first <= 239) needed = 3;
		else if (first >= 240 && first <= 244) needed = 4;
		else return 1;
		if (len - i !== needed) return 1;
		if (needed >= 3) {
			const second = data[i + 1];
			if (first === 224 && second < 160) return 1;
			if (first === 237 && second > 159) return 1;
			if (first === 240 && second < 144) return 1;
			if (first === 244 && second > 143) return 1;
		}
		return 0;
	}
}));
// node_modules/text-decoder/index.js
var require_text_decoder = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const PassThroughDecoder = require_pass_through_decoder();
	const UTF8Decoder = require_utf8_decoder();
	module.exports = class TextDecoder {
		constructor(encoding = "utf8") {
			this.encoding = normalizeEncoding(encoding);
			switch (this.encoding) {
				case "utf8":
					this.decoder = new UTF8Decoder();
					break;
				case "utf16le":
				case "base64": throw new Error("Unsupported encoding: " + this.encoding);
				default: this.decoder = new PassThroughDecoder(this.encoding);
			}
		}
		get remaining() {
			return this.decoder.remaining;
		}
		push(data) {
			if (typeof data === "string") return data;
			return this.decoder.decode(data);
		}
		write(data) {
			return this.push(data);
		}
		end(data) {
			let result = "";
			if (data) result = this.push(data);
			result += this.decoder.flush();
			return result;
		}
	};
	function normalizeEncoding(encoding) {
		encoding = encoding.toLowerCase();
		switch (encoding) {
			case "utf8":
			case "utf-8": return "utf8";
			case "ucs2":
			case "ucs-2":
			case "utf16le":
			case "utf-16le": return "utf16le";
			case "latin1":
			case "binary": return "latin1";
			case "base64":
			case "ascii":
			case "hex": return encoding;
			default: throw new Error("Unknown encoding: " + encoding);
		}
	}
}));
// node_modules/streamx/lib/errors.js
var require_errors = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = class StreamError extends Error {
		constructor(msg, code, fn = StreamError) {
			super(msg);
			this.code = code;
			if (Error.captureStackTrace) Error.captureStackTrace(this, fn);
		}
		static isStreamDestroyed(err) {
			return err && err.code === "STREAM_DESTROYED";
		}
		static isPrematureClose(err) {
			return err && err.code === "PREMATURE_CLOSE";
		}
		static isAborted(err) {
			return err && err.code === "ABORTED";
		}
		static isBadArgument(err) {
			return err && err.code === "BAD_ARGUMENT";
		}
		get name() {
			return "StreamError";
		}
		static STREAM_DESTROYED() {
			return new StreamError("Stream was destroyed", "STREAM_DESTROYED", StreamError.STREAM_DESTROYED);
		}
		static PREMATURE_CLOSE(msg = "Premature close") {
			return new StreamError(msg, "PREMATURE_CLOSE", StreamError.PREMATURE_CLOSE);
		}
		static ABORTED() {
			return new StreamError("Stream aborted", "ABORTED", StreamError.ABORTED);
		}
		static BAD_ARGUMENT(msg = "Bad argument") {
			return new StreamError(msg, "BAD_ARGUMENT", StreamError.BAD_ARGUMENT);
		}
	};
}));
// node_modules/streamx/index.js
var require_streamx = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { EventEmitter } = require_default();
	const FIFO = require_fast_fifo();
	const TextDecoder = require_text_decoder();
	const StreamError = require_errors();
	const qmt = typeof queueMicrotask === "undefined" ? (fn) => global.process.nextTick(fn) : queueMicrotask;
	const OPENING = 1;
	const PREDESTROYING = 2;
	const DESTROYING = 4;
	const DESTROYED = 8;
	const NOT_OPENING = 536870910;
	const NOT_PREDESTROYING = 536870909;
	const READ_UPDATING = 32;
	const READ_PRIMARY = 64;
	const READ_QUEUED = 128;
	const READ_RESUMED = 256;
	const READ_PIPE_DRAINED = 512;
	const READ_ENDING = 1024;
	const READ_EMIT_DATA = 2048;
	const READ_EMIT_READABLE = 4096;
	const READ_EMITTED_READABLE = 8192;
	const READ_DONE = 16384;
	const READ_NEXT_TICK = 32768;
	const READ_READ_AHEAD = 131072;
	const READ_FLOWING = 768;
	const READ_ACTIVE_AND_NEEDS_PUSH = 65552;
	const READ_PRIMARY_AND_ACTIVE = 80;
	const READ_EMIT_READABLE_AND_QUEUED = 4224;
	const READ_RESUMED_READ_AHEAD = 131328;
	const READ_NOT_ACTIVE = 536870895;
	const READ_NON_PRIMARY_AND_PUSHED = 536805311;
	const READ_PUSHED = 536805375;
	const READ_PAUSED = 536870655;
	const READ_NOT_QUEUED = 536862591;
	const READ_NOT_ENDING = 536869887;
	const READ_PIPE_NOT_DRAINED = 536870143;
	const READ_NOT_NEXT_TICK = 536838143;
	const READ_NOT_UPDATING = 536870879;
	const READ_NO_READ_AHEAD = 536739839;
	const READ_PAUSED_NO_READ_AHEAD = 536739583;
	const WRITE_ACTIVE = 1 << 18;
	const WRITE_UPDATING = 2 << 18;
	const WRITE_PRIMARY = 4 << 18;
	const WRITE_QUEUED = 8 << 18;
	const WRITE_UNDRAINED = 16 << 18;
	const WRITE_DONE = 32 << 18;
	const WRITE_EMIT_DRAIN = 64 << 18;
	const WRITE_NEXT_TICK = 128 << 18;
	const WRITE_WRITING = 256 << 18;
	const WRITE_FINISHING = 512 << 18;
	const WRITE_CORKED = 1024 << 18;
	const WRITE_NOT_ACTIVE = 469499903;
	const WRITE_NON_PRIMARY = 535822335;
	const WRITE_NOT_FINISHING = 402391039;
	const WRITE_DRAINED = 532676607;
	const WRITE_NOT_QUEUED = 534773759;
	const WRITE_NOT_NEXT_TICK = 503316479;
	const WRITE_NOT_UPDATING = 536346623;
	const WRITE_NOT_CORKED = 268435455;
	const ACTIVE = 262160;
	const NOT_ACTIVE = 536608751;
	const DONE = 8404992;
	const DESTROY_STATUS = 14;
	const OPEN_STATUS = 15;
	const AUTO_DESTROY = 8405006;
	const NON_PRIMARY = 535822271;
	const ACTIVE_OR_TICKING = 33587200;
	const IS_OPENING = 33587215;
	const READ_PRIMARY_STATUS = 17423;
	const READ_STATUS = 16527;
	const READ_ENDING_STATUS = 1167;
	const READ_READABLE_STATUS = 12431;
	const SHOULD_NOT_READ = 214047;
	const READ_BACKPRESSURE_STATUS = 17422;
	const READ_UPDATE_SYNC_STATUS = 32879;
	const READ_NEXT_TICK_OR_OPENING = 32769;
	const WRITE_PRIMARY_STATUS = 142606351;
	const WRITE_QUEUED_AND_UNDRAINED = 6291456;
	const WRITE_QUEUED_AND_ACTIVE = 2359296;
	const WRITE_DRAIN_STATUS = 6553615;
	const WRITE_STATUS = 270794767;
	const WRITE_PRIMARY_AND_ACTIVE = 1310720;
	const WRITE_ACTIVE_AND_WRITING = 67371008;
	const WRITE_FINISHING_STATUS = 144965647;
	const WRITE_BACKPRESSURE_STATUS = 146800654;
	const WRITE_UPDATE_SYNC_STATUS = 35127311;
	const WRITE_DROP_DATA = 142606350;
	const asyncIterator = Symbol.asyncIterator || Symbol("asyncIterator");
	var WritableState = class {
		constructor(stream, { highWaterMark = 16384, map = null, mapWritable, byteLength, byteLengthWritable } = {}) {
			this.stream = stream;
			this.queue = new FIFO();
			this.highWaterMark = highWaterMark;
			this.buffered = 0;
			this.error = null;
			this.pipeline = null;
			this.drains = null;
			this.byteLength = byteLengthWritable || byteLength || defaultByteLength;
			this.map = mapWritable || map;
			this.afterWrite = afterWrite.bind(this);
			this.afterUpdateNextTick = updateWriteNT.bind(this);
		}
		get ending() {
			return (this.stream._duplexState & WRITE_FINISHING) !== 0;
		}
		get ended() {
			return (this.stream._duplexState & WRITE_DONE) !== 0;
		}
		push(data) {
			if ((this.stream._duplexState & WRITE_DROP_DATA) !== 0) return false;
			if (this.map !== null) data = this.map(data);
			this.buffered += this.byteLength(data);
			this.queue.push(data);
			if (this.buffered < this.highWaterMark) {
				this.stream._duplexState |= WRITE_QUEUED;
				return true;
			}
			this.stream._duplexState |= WRITE_QUEUED_AND_UNDRAINED;
			return false;
		}
		shift() {
			const data = this.queue.shift();
			this.buffered -= this.byteLength(data);
			if (this.buffered === 0) this.stream._duplexState &= WRITE_NOT_QUEUED;
			return data;
		}
		end(data) {
			if (typeof data === "function") this.stream.once("finish", data);
			else if (data !== void 0 && data !== null) this.push(data);
			this.stream._duplexState = (this.stream._duplexState | WRITE_FINISHING) & WRITE_NON_PRIMARY;
		}
		autoBatch(data, cb) {
			const buffer = [];
			const stream = this.stream;
			buffer.push(data);
			while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED_AND_ACTIVE) buffer.push(stream._writableState.shift());
			if ((stream._duplexState & OPEN_STATUS) !== 0) return cb(null);
			stream._writev(buffer, cb);
		}
		update() {
			const stream = this.stream;
			stream._duplexState |= WRITE_UPDATING;
			do {
				while ((stream._duplexState & WRITE_STATUS) === WRITE_QUEUED) {
					const data = this.shift();
					stream._duplexState |= WRITE_ACTIVE_AND_WRITING;
					stream._write(data, this.afterWrite);
				}
				if ((stream._duplexState & WRITE_PRIMARY_AND_ACTIVE) === 0) this.updateNonPrimary();
			} while (this.continueUpdate() === true);
			stream._duplexState &= WRITE_NOT_UPDATING;
		}
		updateNonPrimary() {
			const stream = this.stream;
			if ((stream._duplexState & WRITE_FINISHING_STATUS) === WRITE_FINISHING) {
				stream._duplexState = stream._duplexState | WRITE_ACTIVE;
				stream._final(afterFinal.bind(this));
				return;
			}
			if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
				if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
					stream._duplexState |= ACTIVE;
					stream._destroy(afterDestroy.bind(this));
				}
				return;
			}
			if ((stream._duplexState & IS_OPENING) === OPENING) {
				stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
				stream._open(afterOpen.bind(this));
			}
		}
		continueUpdate() {
			if ((this.stream._duplexState & WRITE_NEXT_TICK) === 0) return false;
			this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
			return true;
		}
		updateCallback() {
			if ((this.stream._duplexState & WRITE_UPDATE_SYNC_STATUS) === WRITE_PRIMARY) this.update();
			else this.updateNextTick();
		}
		updateNextTick() {
			if ((this.stream._duplexState & WRITE_NEXT_TICK) !== 0) return;
			this.stream._duplexState |= WRITE_NEXT_TICK;
			if ((this.stream._duplexState & WRITE_UPDATING) === 0) qmt(this.afterUpdateNextTick);
		}
	};
	var ReadableState = class {
		constructor(stream, { highWaterMark = 16384, map = null, mapReadable, byteLength, byteLengthReadable } = {}) {
			this.stream = stream;
			this.queue = new FIFO();
			this.highWaterMark = highWaterMark === 0 ? 1 : highWaterMark;
			this.buffered = 0;
			this.readAhead = highWaterMark > 0;
			this.error = null;
			this.pipeline = null;
			this.byteLength = byteLengthReadable || byteLength || defaultByteLength;
			this.map = mapReadable || map;
			this.pipeTo = null;
			this.afterRead = afterRead.bind(this);
			this.afterUpdateNextTick = updateReadNT.bind(this);
		}
		get ending() {
			return (this.stream._duplexState & READ_ENDING) !== 0;
		}
		get ended() {
			return (this.stream._duplexState & READ_DONE) !== 0;
		}
		pipe(pipeTo, cb) {
			if (this.pipeTo !== null) throw StreamError.BAD_ARGUMENT("Can only pipe to one destination");
			if (typeof cb !== "function") cb = null;
			this.stream._duplexState |= READ_PIPE_DRAINED;
			this.pipeTo = pipeTo;
			this.pipeline = new Pipeline(this.stream, pipeTo, cb);
			if (cb) this.stream.on("error", noop);
			if (isStreamx(pipeTo)) {
				pipeTo._writableState.pipeline = this.pipeline;
				if (cb) pipeTo.on("error", noop);
				pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
			} else {
				const onerror = this.pipeline.done.bind(this.pipeline, pipeTo);
				const onclose = this.pipeline.done.bind(this.pipeline, pipeTo, null);
				pipeTo.on("error", onerror);
				pipeTo.on("close", onclose);
				pipeTo.on("finish", this.pipeline.finished.bind(this.pipeline));
			}
			pipeTo.on("drain", afterDrain.bind(this));
			this.stream.emit("piping", pipeTo);
			pipeTo.emit("pipe", this.stream);
		}
		push(data) {
			const stream = this.stream;
			if (data === null) {
				this.highWaterMark = 0;
				stream._duplexState = (stream._duplexState | READ_ENDING) & READ_NON_PRIMARY_AND_PUSHED;
				return false;
			}
			if (this.map !== null) {
				data = this.map(data);
				if (data === null) {
					stream._duplexState &= READ_PUSHED;
					return this.buffered < this.highWaterMark;
				}
			}
			this.buffered += this.byteLength(data);
			this.queue.push(data);
			stream._duplexState = (stream._duplexState | READ_QUEUED) & READ_PUSHED;
			return this.buffered < this.highWaterMark;
		}
		shift() {
			const data = this.queue.shift();
			this.buffered -= this.byteLength(data);
			if (this.buffered === 0) this.stream._duplexState &= READ_NOT_QUEUED;
			return data;
		}
		unshift(data) {
			const pending = [this.map !== null ? this.map(data) : data];
			while (this.buffered > 0) pending.push(this.shift());
			for (let i = 0; i < pending.length - 1; i++) {
				const data = pending[i];
				this.buffered += this.byteLength(data);
				this.queue.push(data);
			}
			this.push(pending[pending.length - 1]);
		}
		read() {
			const stream = this.stream;
			if ((stream._duplexState & READ_STATUS) === READ_QUEUED) {
				const data = this.shift();
				if (this.pipeTo !== null && this.pipeTo.write(data) === false) stream._duplexState &= READ_PIPE_NOT_DRAINED;
				if ((stream._duplexState & READ_EMIT_DATA) !== 0) stream.emit("data", data);
				return data;
			}
			if (this.readAhead === false) {
				stream._duplexState |= READ_READ_AHEAD;
				this.updateNextTick();
			}
			return null;
		}
		drain() {
			const stream = this.stream;
			while ((stream._duplexState & READ_STATUS) === READ_QUEUED && (stream._duplexState & READ_FLOWING) !== 0) {
				const data = this.shift();
				if (this.pipeTo !== null && this.pipeTo.write(data) === false) stream._duplexState &= READ_PIPE_NOT_DRAINED;
				if ((stream._duplexState & READ_EMIT_DATA) !== 0) stream.emit("data", data);
			}
		}
		update() {
			const stream = this.stream;
			stream._duplexState |= READ_UPDATING;
			do {
				this.drain();
				while (this.buffered < this.highWaterMark && (stream._duplexState & SHOULD_NOT_READ) === READ_READ_AHEAD) {
					stream._duplexState |= READ_ACTIVE_AND_NEEDS_PUSH;
					stream._read(this.afterRead);
					this.drain();
				}
				if ((stream._duplexState & READ_READABLE_STATUS) === READ_EMIT_READABLE_AND_QUEUED) {
					stream._duplexState |= READ_EMITTED_READABLE;
					stream.emit("readable");
				}
				if ((stream._duplexState & READ_PRIMARY_AND_ACTIVE) === 0) this.updateNonPrimary();
			} while (this.continueUpdate() === true);
			stream._duplexState &= READ_NOT_UPDATING;
		}
		updateNonPrimary() {
			const stream = this.stream;
			if ((stream._duplexState & READ_ENDING_STATUS) === READ_ENDING) {
				stream._duplexState = (stream._duplexState | READ_DONE) & READ_NOT_ENDING;
				stream.emit("end");
				if ((stream._duplexState & AUTO_DESTROY) === DONE) stream._duplexState |= DESTROYING;
				if (this.pipeTo !== null) this.pipeTo.end();
			}
			if ((stream._duplexState & DESTROY_STATUS) === DESTROYING) {
				if ((stream._duplexState & ACTIVE_OR_TICKING) === 0) {
					stream._duplexState |= ACTIVE;
					stream._destroy(afterDestroy.bind(this));
				}
				return;
			}
			if ((stream._duplexState & IS_OPENING) === OPENING) {
				stream._duplexState = (stream._duplexState | ACTIVE) & NOT_OPENING;
				stream._open(afterOpen.bind(this));
			}
		}
		continueUpdate() {
			if ((this.stream._duplexState & READ_NEXT_TICK) === 0) return false;
			this.stream._duplexState &= READ_NOT_NEXT_TICK;
			return true;
		}
		updateCallback() {
			if ((this.stream._duplexState & READ_UPDATE_SYNC_STATUS) === READ_PRIMARY) this.update();
			else this.updateNextTick();
		}
		updateNextTickIfOpen() {
			if ((this.stream._duplexState & READ_NEXT_TICK_OR_OPENING) !== 0) return;
			this.stream._duplexState |= READ_NEXT_TICK;
			if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
		}
		updateNextTick() {
			if ((this.stream._duplexState & READ_NEXT_TICK) !== 0) return;
			this.stream._duplexState |= READ_NEXT_TICK;
			if ((this.stream._duplexState & READ_UPDATING) === 0) qmt(this.afterUpdateNextTick);
		}
	};
	var TransformState = class {
		constructor(stream) {
			this.data = null;
			this.afterTransform = afterTransform.bind(stream);
			this.afterFinal = null;
		}
	};
	var Pipeline = class {
		constructor(src, dst, cb) {
			this.from = src;
			this.to = dst;
			this.afterPipe = cb;
			this.error = null;
			this.pipeToFinished = false;
		}
		finished() {
			this.pipeToFinished = true;
		}
		done(stream, err) {
			if (err) this.error = err;
			if (stream === this.to) {
				this.to = null;
				if (this.from !== null) {
					if ((this.from._duplexState & READ_DONE) === 0 || !this.pipeToFinished) this.from.destroy(this.error || StreamError.PREMATURE_CLOSE("Writable stream closed"));
					return;
				}
			}
			if (stream === this.from) {
				this.from = null;
				if (this.to !== null) {
					if ((stream._duplexState & READ_DONE) === 0) this.to.destroy(this.error || StreamError.PREMATURE_CLOSE("Readable stream closed"));
					return;
				}
			}
			if (this.afterPipe !== null) this.afterPipe(this.error);
			this.to = this.from = this.afterPipe = null;
		}
	};
	function afterDrain() {
		this.stream._duplexState |= READ_PIPE_DRAINED;
		this.updateCallback();
	}
	function afterFinal(err) {
		const stream = this.stream;
		if (err) stream.destroy(err);
		if ((stream._duplexState & DESTROY_STATUS) === 0) {
			stream._duplexState |= WRITE_DONE;
			stream.emit("finish");
		}
		if ((stream._duplexState & AUTO_DESTROY) === DONE) stream._duplexState |= DESTROYING;
		stream._duplexState &= WRITE_NOT_FINISHING;
		if ((stream._duplexState & WRITE_UPDATING) === 0) this.update();
		else this.updateNextTick();
	}
	function afterDestroy(err) {
		const stream = this.stream;
		if (!err && !StreamError.isStreamDestroyed(this.error)) err = this.error;
		if (err) stream.emit("error", err);
		stream._duplexState |= DESTROYED;
		stream.emit("close");
		const rs = stream._readableState;
		const ws = stream._writableState;
		if (rs !== null && rs.pipeline !== null) rs.pipeline.done(stream, err);
		if (ws !== null) {
			while (ws.drains !== null && ws.drains.length > 0) ws.drains.shift().resolve(false);
			if (ws.pipeline !== null) ws.pipeline.done(stream, err);
		}
	}
	function afterWrite(err) {
		const stream = this.stream;
		if (err) stream.destroy(err);
		stream._duplexState &= WRITE_NOT_ACTIVE;
		if (this.drains !== null) tickDrains(this.drains);
		if ((stream._duplexState & WRITE_DRAIN_STATUS) === WRITE_UNDRAINED) {
			stream._duplexState &= WRITE_DRAINED;
			if ((stream._duplexState & WRITE_EMIT_DRAIN) === WRITE_EMIT_DRAIN) stream.emit("drain");
		}
		this.updateCallback();
	}
	function afterRead(err) {
		if (err) this.stream.destroy(err);
		this.stream._duplexState &= READ_NOT_ACTIVE;
		if (this.readAhead === false && (this.stream._duplexState & READ_RESUMED) === 0) this.stream._duplexState &= READ_NO_READ_AHEAD;
		this.updateCallback();
	}
	function updateReadNT() {
		if ((this.stream._duplexState & READ_UPDATING) === 0) {
			this.stream._duplexState &= READ_NOT_NEXT_TICK;
			this.update();
		}
	}
	function updateWriteNT() {
		if ((this.stream._duplexState & WRITE_UPDATING) === 0) {
			this.stream._duplexState &= WRITE_NOT_NEXT_TICK;
			this.update();
		}
	}
	function tickDrains(drains) {
		for (let i = 0; i < drains.length; i++) if (--drains[i].writes === 0) {
			drains.shift().resolve(true);
			i--;
		}
	}
	function afterOpen(err) {
		const stream = this.stream;
		if (err) stream.destroy(err);
		if ((stream._duplexState & DESTROYING) === 0) {
			if ((stream._duplexState & READ_PRIMARY_STATUS) === 0) stream._duplexState |= READ_PRIMARY;
			if ((stream._duplexState & WRITE_PRIMARY_STATUS) === 0) stream._duplexState |= WRITE_PRIMARY;
			stream.emit("open");
		}
		stream._duplexState &= NOT_ACTIVE;
		if (stream._writableState !== null) stream._writableState.updateCallback();
		if (stream._readableState !== null) stream._readableState.updateCallback();
	}
	function afterTransform(err, data) {
		if (data !== void 0 && data !== null) this.push(data);
		this._writableState.afterWrite(err);
	}
	function newListener(name) {
		if (this._readableState !== null) {
			if (name === "data") {
				this._duplexState |= 133376;
				this._readableState.updateNextTick();
			}
			if (name === "readable") {
				this._duplexState |= READ_EMIT_READABLE;
				this._readableState.updateNextTick();
			}
		}
		if (this._writableState !== null) {
			if (name === "drain") {
				this._duplexState |= WRITE_EMIT_DRAIN;
				this._writableState.updateNextTick();
			}
		}
	}
	var Stream = class extends EventEmitter {
		constructor(opts) {
			super();
			this._duplexState = 0;
			this._readableState = null;
			this._writableState = null;
			if (opts) {
				if (opts.open) this._open = opts.open;
				if (opts.destroy) this._destroy = opts.destroy;
				if (opts.predestroy) this._predestroy = opts.predestroy;
				if (opts.signal) opts.signal.addEventListener("abort", abort.bind(this));
			}
			this.on("newListener", newListener);
		}
		_open(cb) {
			cb(null);
		}
		_destroy(cb) {
			cb(null);
		}
		_predestroy() {}
		get readable() {
			return this._readableState !== null ? true : void 0;
		}
		get writable() {
			return this._writableState !== null ? true : void 0;
		}
		get destroyed() {
			return (this._duplexState & DESTROYED) !== 0;
		}
		get destroying() {
			return (this._duplexState & DESTROY_STATUS) !== 0;
		}
		destroy(err) {
			if ((this._duplexState & DESTROY_STATUS) === 0) {
				if (!err) err = StreamError.STREAM_DESTROYED();
				this._duplexState = (this._duplexState | DESTROYING) & NON_PRIMARY;
				if (this._readableState !== null) {
					this._readableState.highWaterMark = 0;
					this._readableState.error = err;
				}
				if (this._writableState !== null) {
					this._writableState.highWaterMark = 0;
					this._writableState.error = err;
				}
				this._duplexState |= PREDESTROYING;
				this._predestroy();
				this._duplexState &= NOT_PREDESTROYING;
				if (this._readableState !== null) this._readableState.updateNextTick();
				if (this._writableState !== null) this._writableState.updateNextTick();
			}
		}
	};
	var Readable = class Readable extends Stream {
		constructor(opts) {
			super(opts);
			this._duplexState |= 8519681;
			this._readableState = new ReadableState(this, opts);
			if (opts) {
				if (this._readableState.readAhead === false) this._duplexState &= READ_NO_READ_AHEAD;
				if (opts.read) this._read = opts.read;
				if (opts.eagerOpen) this._readableState.updateNextTick();
				if (opts.encoding) this.setEncoding(opts.encoding);
			}
		}
		static deferred(fn, opts) {
			const out = new PassThrough(opts);
			fn().then((src) => {
				if (src === null) return out.end();
				if (out.destroying) return;
				pipeline(src, out, noop);
			}).catch((err) => out.destroy(err));
			return out;
		}
		setEncoding(encoding) {
			const dec = new TextDecoder(encoding);
			const map = this._readableState.map || echo;
			this._readableState.map = mapOrSkip;
			return this;
			function mapOrSkip(data) {
				const next = dec.push(data);
				return next === "" && (data.byteLength !== 0 || dec.remaining > 0) ? null : map(next);
			}
		}
		_read(cb) {
			cb(null);
		}
		pipe(dest, cb) {
			this._readableState.updateNextTick();
			this._readableState.pipe(dest, cb);
			return dest;
		}
		read() {
			this._readableState.updateNextTick();
			return this._readableState.read();
		}
		push(data) {
			this._readableState.updateNextTickIfOpen();
			return this._readableState.push(data);
		}
		unshift(data) {
			this._readableState.updateNextTickIfOpen();
			return this._readableState.unshift(data);
		}
		resume() {
			this._duplexState |= READ_RESUMED_READ_AHEAD;
			this._readableState.updateNextTick();
			return this;
		}
		pause() {
			this._duplexState &= this._readableState.readAhead === false ? READ_PAUSED_NO_READ_AHEAD : READ_PAUSED;
			return this;
		}
		static _fromAsyncIterator(ite, opts) {
			let destroy;
			const rs = new Readable({
				...opts,
				read(cb) {
					ite.next().then(push).then(cb.bind(null, null)).catch(cb);
				},
				predestroy() {
					destroy = ite.return();
				},
				destroy(cb) {
					if (!destroy) return cb(null);
					destroy.then(cb.bind(null, null)).catch(cb);
				}
			});
			return rs;
			function push(data) {
				if (data.done) rs.push(null);
				else rs.push(data.value);
			}
		}
		static from(data, opts) {
			if (isReadStreamx(data)) return data;
			if (data[asyncIterator]) return this._fromAsyncIterator(data[asyncIterator](), opts);
			if (!Array.isArray(data)) data = data === void 0 ? [] : [data];
			let i = 0;
			return new Readable({
				...opts,
				read(cb) {
					this.push(i === data.length ? null : data[i++]);
					cb(null);
				}
			});
		}
		static isBackpressured(rs) {
			return (rs._duplexState & READ_BACKPRESSURE_STATUS) !== 0 || rs._readableState.buffered >= rs._readableState.highWaterMark;
		}
		static isPaused(rs) {
			return (rs._duplexState & READ_RESUMED) === 0;
		}
		[asyncIterator]() {
			const stream = this;
			let error = null;
			let promiseResolve = null;
			let promiseReject = null;
			this.on("error", (err) => {
				error = err;
			});
			this.on("readable", onreadable);
			this.on("close", onclose);
			return {
				[asyncIterator]() {
					return this;
				},
				next() {
					return new Promise(function(resolve, reject) {
						promiseResolve = resolve;
						promiseReject = reject;
						const data = stream.read();
						if (data !== null) ondata(data);
						else if ((stream._duplexState & DESTROYED) !== 0) ondata(null);
					});
				},
				return() {
					return destroy(null);
				},
				throw(err) {
					return destroy(err);
				}
			};
			function onreadable() {
				if (promiseResolve !== null) ondata(stream.read());
			}
			function onclose() {
				if (promiseResolve !== null) ondata(null);
			}
			function ondata(data) {
				if (promiseReject === null) return;
				if (error) promiseReject(error);
				else if (data === null && (stream._duplexState & READ_DONE) === 0) promiseReject(StreamError.STREAM_DESTROYED());
				else promiseResolve({
					value: data,
					done: data === null
				});
				promiseReject = promiseResolve = null;
			}
			function destroy(err) {
				stream.destroy(err);
				return new Promise((resolve, reject) => {
					if (stream._duplexState & DESTROYED) return resolve({
						value: void 0,
						done: true
					});
					stream.once("close", function() {
						if (err) reject(err);
						else resolve({
							value: void 0,
							done: true
						});
					});
				});
			}
		}
	};
	var Writable = class extends Stream {
		constructor(opts) {
			super(opts);
			this._duplexState |= 16385;
			this._writableState = new WritableState(this, opts);
			if (opts) {
				if (opts.writev) this._writev = opts.writev;
				if (opts.write) this._write = opts.write;
				if (opts.final) this._final = opts.final;
				if (opts.eagerOpen) this._writableState.updateNextTick();
			}
		}
		cork() {
			this._duplexState |= WRITE_CORKED;
		}
		uncork() {
			this._duplexState &= WRITE_NOT_CORKED;
			this._writableState.updateNextTick();
		}
		_writev(batch, cb) {
			cb(null);
		}
		_write(data, cb) {
			this._writableState.autoBatch(data, cb);
		}
		_final(cb) {
			cb(null);
		}
		static isBackpressured(ws) {
			return (ws._duplexState & WRITE_BACKPRESSURE_STATUS) !== 0;
		}
		static drained(ws) {
			if (ws.destroyed) return Promise.resolve(false);
			const state = ws._writableState;
			const writes = (isWritev(ws) ? Math.min(1, state.queue.length) : state.queue.length) + (ws._duplexState & WRITE_WRITING ? 1 : 0);
			if (writes === 0) return Promise.resolve(true);
			if (state.drains === null) state.drains = [];
			return new Promise((resolve) => {
				state.drains.push({
					writes,
					resolve
				});
			});
		}
		write(data) {
			this._writableState.updateNextTick();
			return this._writableState.push(data);
		}
		end(data) {
			this._writableState.updateNextTick();
			this._writableState.end(data);
			return this;
		}
	};
	var Duplex = class extends Readable {
		constructor(opts) {
			super(opts);
			this._duplexState = OPENING | this._duplexState & READ_READ_AHEAD;
			this._writableState = new WritableState(this, opts);
			if (opts) {
				if (opts.writev) this._writev = opts.writev;
				if (opts.write) this._write = opts.write;
				if (opts.final) this._final = opts.final;
			}
		}
		cork() {
			this._duplexState |= WRITE_CORKED;
		}
		uncork() {
			this._duplexState &= WRITE_NOT_CORKED;
			this._writableState.updateNextTick();
		}
		_writev(batch, cb) {
			cb(null);
		}
		_write(data, cb) {
			this._writableState.autoBatch(data, cb);
		}
		_final(cb) {
			cb(null);
		}
		write(data) {
			this._writableState.updateNextTick();
			return this._writableState.push(data);
		}
		end(data) {
			this._writableState.updateNextTick();
			this._writableState.end(data);
			return this;
		}
	};
	var Transform = class extends Duplex {
		constructor(opts) {
			super(opts);
			this._transformState = new TransformState(this);
			if (opts) {
				if (opts.transform) this._transform = opts.transform;
				if (opts.flush) this._flush = opts.flush;
			}
		}
		_write(data, cb) {
			if (this._readableState.buffered >= this._readableState.highWaterMark) this._transformState.data = data;
			else this._transform(data, this._transformState.afterTransform);
		}
		_read(cb) {
			if (this._transformState.data !== null) {
				const data = this._transformState.data;
				this._transformState.data = null;
				cb(null);
				this._transform(data, this._transformState.afterTransform);
			} else cb(null);
		}
		destroy(err) {
			super.destroy(err);
			if (this._transformState.data !== null) {
				this._transformState.data = null;
				this._transformState.afterTransform();
			}
		}
		_transform(data, cb) {
			cb(null, data);
		}
		_flush(cb) {
			cb(null);
		}
		_final(cb) {
			this._transformState.afterFinal = cb;
			this._flush(transformAfterFlush.bind(this));
		}
	};
	var PassThrough = class extends Transform {};
	function transformAfterFlush(err, data) {
		const cb = this._transformState.afterFinal;
		if (err) return cb(err);
		if (data !== null && data !== void 0) this.push(data);
		this.push(null);
		cb(null);
	}
	function pipelinePromise(...streams) {
		return new Promise((resolve, reject) => {
			return pipeline(...streams, (err) => {
				if (err) return reject(err);
				resolve();
			});
		});
	}
	function pipeline(stream, ...streams) {
		const all = Array.isArray(stream) ? [...stream, ...streams] : [stream, ...streams];
		const done = all.length && typeof all[all.length - 1] === "function" ? all.pop() : null;
		if (all.length < 2) throw StreamError.BAD_ARGUMENT("Pipeline requires at least 2 streams");
		let src = all[0];
		let dest = null;
		let error = null;
		for (let i = 1; i < all.length; i++) {
			dest = all[i];
			if (isStreamx(src)) src.pipe(dest, onerror);
			else {
				errorHandle(src, true, i > 1, onerror);
				src.pipe(dest);
			}
			src = dest;
		}
		if (done) {
			let fin = false;
			const autoDestroy = isStreamx(dest) || !!(dest._writableState && dest._writableState.autoDestroy);
			dest.on("error", (err) => {
				if (error === null) error = err;
			});
			dest.on("finish", () => {
				fin = true;
				if (!autoDestroy) done(error);
			});
			if (autoDestroy) dest.on("close", () => done(error || (fin ? null : StreamError.PREMATURE_CLOSE())));
		}
		return dest;
		function errorHandle(s, rd, wr, onerror) {
			s.on("error", onerror);
			s.on("close", onclose);
			function onclose() {
				if (rd && s._readableState && !s._readableState.ended) return onerror(StreamError.PREMATURE_CLOSE());
				if (wr && s._writableState && !s._writableState.ended) return onerror(StreamError.PREMATURE_CLOSE());
			}
		}
		function onerror(err) {
			if (!err || error) return;
			error = err;
			for (const s of all) s.destroy(err);
		}
	}
	function echo(s) {
		return s;
	}
	function isStream(stream) {
		return !!stream._readableState || !!stream._writableState;
	}
	function isStreamx(stream) {
		return typeof stream._duplexState === "number" && isStream(stream);
	}
	function isEnding(stream) {
		return !!stream._readableState && stream._readableState.ending;
	}
	function isEnded(stream) {
		return !!stream._readableState && stream._readableState.ended;
	}
	function isFinishing(stream) {
		return !!stream._writableState && stream._writableState.ending;
	}
	function isFinished(stream) {
		return !!stream._writableState && stream._writableState.ended;
	}
	function getStreamError(stream, opts = {}) {
		const err = stream._readableState && stream._readableState.error || stream._writableState && stream._writableState.error;
		return !opts.all && StreamError.isStreamDestroyed(err) ? null : err;
	}
	function isReadStreamx(stream) {
		return isStreamx(stream) && stream.readable;
	}
	function isDisturbed(stream) {
		return (stream._duplexState & OPENING) !== OPENING || (stream._duplexState & DESTROYING) === DESTROYING || (stream._duplexState & ACTIVE_OR_TICKING) !== 0;
	}
	function isTypedArray(data) {
		return typeof data === "object" && data !== null && typeof data.byteLength === "number";
	}
	function defaultByteLength(data) {
		return isTypedArray(data) ? data.byteLength : 1024;
	}
	function noop() {}
	function abort() {
		this.destroy(StreamError.ABORTED());
	}
	function isWritev(s) {
		return s._writev !== Writable.prototype._writev && s._writev !== Duplex.prototype._writev;
	}
	module.exports = {
		pipeline,
		pipelinePromise,
		isStream,
		isStreamx,
		isEnding,
		isEnded,
		isFinishing,
		isFinished,
		isDisturbed,
		getStreamError,
		Stream,
		Writable,
		Readable,
		Duplex,
		Transform,
		PassThrough
	};
}));
// node_modules/tar-stream/headers.js
var require_headers = /* @__PURE__ */ __commonJSMin(((exports) => {
	const b4a = require_b4a();
	const ZEROS = "0000000000000000000";
	const SEVENS = "7777777777777777777";
	const ZERO_OFFSET = "0".charCodeAt(0);
	const USTAR_MAGIC = b4a.from([
		117,
		115,
		116,
		97,
		114,
		0
	]);
	const USTAR_VER = b4a.from([ZERO_OFFSET, ZERO_OFFSET]);
	const GNU_MAGIC = b4a.from([
		117,
		115,
		116,
		97,
		114,
		32
	]);
	const GNU_VER = b4a.from([32, 0]);
	const MASK = 4095;
	const MAGIC_OFFSET = 257;
	const VERSION_OFFSET = 263;
	exports.decodeLongPath = function decodeLongPath(buf, encoding) {
		return decodeStr(buf, 0, buf.length, encoding);
	};
	exports.encodePax = function encodePax(opts) {
		let result = "";
		if (opts.name) result += addLength(" path=" + opts.name + "\n");
		if (opts.linkname) result += addLength(" linkpath=" + opts.linkname + "\n");
		const pax = opts.pax;
		if (pax) for (const key in pax) result += addLength(" " + key + "=" + pax[key] + "\n");
		return b4a.from(result);
	};
	exports.decodePax = function decodePax(buf) {
		const result = {};
		while (buf.length) {
			let i = 0;
			while (i < buf.length && buf[i] !== 32) i++;
			const len = parseInt(b4a.toString(buf.subarray(0, i)), 10);
			if (!len) return result;
			const b = b4a.toString(buf.subarray(i + 1, len - 1));
			const keyIndex = b.indexOf("=");
			if (keyIndex === -1) return result;
			result[b.slice(0, keyIndex)] = b.slice(keyIndex + 1);
			buf = buf.subarray(len);
		}
		return result;
	};
	exports.encode = function encode(opts) {
		const buf = b4a.alloc(512);
		let name = opts.name;
		let prefix = "";
		if (opts.typeflag === 5 && name[name.length - 1] !== "/") name += "/";
		if (b4a.byteLength(name) !== name.length) return null;
		while (b4a.byteLength(name) > 100) {
			const i = name.indexOf("/");
			if (i === -1) return null;
			prefix += prefix ? "/" + name.slice(0, i) : name.slice(0, i);
			name = name.slice(i + 1);
		}
		if (b4a.byteLength(name) > 100 || b4a.byteLength(prefix) > 155) return null;
		if (opts.linkname && b4a.byteLength(opts.linkname) > 100) return null;
		b4a.write(buf, name);
		b4a.write(buf, encodeOct(opts.mode & MASK, 6), 100);
		b4a.write(buf, encodeOct(opts.uid, 6), 108);
		b4a.write(buf, encodeOct(opts.gid, 6), 116);
		encodeSize(opts.size, buf, 124);
		b4a.write(buf, encodeOct(opts.mtime.getTime() / 1e3 | 0, 11), 136);
		buf[156] = ZERO_OFFSET + toTypeflag(opts.type);
		if (opts.linkname) b4a.write(buf, opts.linkname, 157);
		b4a.copy(USTAR_MAGIC, buf, MAGIC_OFFSET);
		b4a.copy(USTAR_VER, buf, VERSION_OFFSET);
		if (opts.uname) b4a.write(buf, opts.uname, 265);
		if (opts.gname) b4a.write(buf, opts.gname, 297);
		b4a.write(buf, encodeOct(opts.devmajor || 0, 6), 329);
		b4a.write(buf, encodeOct(opts.devminor || 0, 6), 337);
		if (prefix) b4a.write(buf, prefix, 345);
		b4a.write(buf, encodeOct(cksum(buf), 6), 148);
		return buf;
	};
	exports.decode = function decode(buf, filenameEncoding, allowUnknownFormat) {
		let typeflag = buf[156] === 0 ? 0 : buf[156] - ZERO_OFFSET;
		let name = decodeStr(buf, 0, 100, filenameEncoding);
		const mode = decodeOct(buf, 100, 8);
		const uid = decodeOct(buf, 108, 8);
		const gid = decodeOct(buf, 116, 8);
		const size = decodeOct(buf, 124, 12);
		const mtime = decodeOct(buf, 136, 12);
		const type = toType(typeflag);
		const linkname = buf[157] === 0 ? null : decodeStr(buf, 157, 100, filenameEncoding);
		const uname = decodeStr(buf, 265, 32);
		const gname = decodeStr(buf, 297, 32);
		const devmajor = decodeOct(buf, 329, 8);
		const devminor = decodeOct(buf, 337, 8);
		const c = cksum(buf);
		if (c === 256) return null;
		if (c !== decodeOct(buf, 148, 8)) throw new Error("Invalid tar header. Maybe the tar is corrupted or it needs to be gunzipped?");
		if (isUSTAR(buf)) {
			if (buf[345]) name = decodeStr(buf, 345, 155, filenameEncoding) + "/" + name;
		} else if (isGNU(buf)) {} else if (!allowUnknownFormat) throw new Error("Invalid tar header: unknown format.");
		if (typeflag === 0 && name && name[name.length - 1] === "/") typeflag = 5;
		return {
			name,
			mode,
			uid,
			gid,
			size,
			byteOffset: 0,
			mtime: /* @__PURE__ */ new Date(1e3 * mtime),
			type,
			linkname,
			uname,
			gname,
			devmajor,
			devminor,
			pax: null
		};
	};
	function isUSTAR(buf) {
		return b4a.equals(USTAR_MAGIC, buf.subarray(MAGIC_OFFSET, 263));
	}
	function isGNU(buf) {
		return b4a.equals(GNU_MAGIC, buf.subarray(MAGIC_OFFSET, 263)) && b4a.equals(GNU_VER, buf.subarray(VERSION_OFFSET, 265));
	}
	function clamp(index, len, defaultValue) {
		if (typeof index !== "number") return defaultValue;
		index = ~~index;
		if (index >= len) return len;
		if (index >= 0) return index;
		index += len;
		if (index >= 0) return index;
		return 0;
	}
	function toType(flag) {
		switch (flag) {
			case 0: return "file";
			case 1: return "link";
			case 2: return "symlink";
			case 3: return "character-device";
			case 4: return "block-device";
			case 5: return "directory";
			case 6: return "fifo";
			case 7: return "contiguous-file";
			case 72: return "pax-header";
			case 55: return "pax-global-header";
			case 27: return "gnu-long-link-path";
			case 28:
			case 30: return "gnu-long-path";
		}
		return null;
	}
	function toTypeflag(flag) {
		switch (flag) {
			case "file": return 0;
			case "link": return 1;
			case "symlink": return 2;
			case "character-device": return 3;
			case "block-device": return 4;
			case "directory": return 5;
			case "fifo": return 6;
			case "contiguous-file": return 7;
			case "pax-header": return 72;
		}
		return 0;
	}
	function indexOf(block, num, offset, end) {
		for (; offset < end; offset++) if (block[offset] === num) return offset;
		return end;
	}
	function cksum(block) {
		let sum = 256;
		for (let i = 0; i < 148; i++) sum += block[i];
		for (let j = 156; j < 512; j++) sum += block[j];
		return sum;
	}
	function encodeOct(val, n) {
		val = val.toString(8);
		if (val.length > n) return SEVENS.slice(0, n) + " ";
		return ZEROS.slice(0, n - val.length) + val + " ";
	}
	function encodeSizeBin(num, buf, off) {
		buf[off] = 128;
		for (let i = 11; i > 0; i--) {
			buf[off + i] = num & 255;
			num = Math.floor(num / 256);
		}
	}
	function encodeSize(num, buf, off) {
		if (num.toString(8).length > 11) encodeSizeBin(num, buf, off);
		else b4a.write(buf, encodeOct(num, 11), off);
	}
	function parse256(buf) {
		let positive;
		if (buf[0] === 128) positive = true;
		else if (buf[0] === 255) positive = false;
		else return null;
		const tuple = [];
		let i;
		for (i = buf.length - 1; i > 0; i--) {
			const byte = buf[i];
			if (positive) tuple.push(byte);
			else tuple.push(255 - byte);
		}
		let sum = 0;
		const l = tuple.length;
		for (i = 0; i < l; i++) sum += tuple[i] * Math.pow(256, i);
		return positive ? sum : -1 * sum;
	}
	function decodeOct(val, offset, length) {
		val = val.subarray(offset, offset + length);
		offset = 0;
		if (val[offset] & 128) return parse256(val);
		else {
			while (offset < val.length && val[offset] === 32) offset++;
			const end = clamp(indexOf(val, 32, offset, val.length), val.length, val.length);
			while (offset < end && val[offset] === 0) offset++;
			if (end === offset) return 0;
			return parseInt(b4a.toString(val.subarray(offset, end)), 8);
		}
	}
	function decodeStr(val, offset, length, encoding) {
		return b4a.toString(val.subarray(offset, indexOf(val, 0, offset, offset + length)), encoding);
	}
	function addLength(str) {
		const len = b4a.byteLength(str);
		let digits = Math.floor(Math.log(len) / Math.log(10)) + 1;
		if (len + digits >= Math.pow(10, digits)) digits++;
		return len + digits + str;
	}
}));
// node_modules/tar-stream/extract.js
var require_extract = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { Writable, Readable, getStreamError } = require_streamx();
	const FIFO = require_fast_fifo();
	const b4a = require_b4a();
	const headers = require_headers();
	const EMPTY = b4a.alloc(0);
	const MAX_HEADER_SIZE = 4194304;
	var BufferList = class {
		constructor() {
			this.buffered = 0;
			this.shifted = 0;
			this.queue = new FIFO();
			this._offset = 0;
		}
		push(buffer) {
			this.buffered += buffer.byteLength;
			this.queue.push(buffer);
		}
		shiftFirst(size) {
			return this.buffered === 0 ? null : this._next(size);
		}
		shift(size) {
			if (size > this.buffered) return null;
			if (size === 0) return EMPTY;
			let chunk = this._next(size);
			if (size === chunk.byteLength) return chunk;
			const chunks = [chunk];
			while ((size -= chunk.byteLength) > 0) {
				chunk = this._next(size);
				chunks.push(chunk);
			}
			return b4a.concat(chunks);
		}
		_next(size) {
			const buf = this.queue.peek();
			const rem = buf.byteLength - this._offset;
			if (size >= rem) {
				const sub = this._offset ? buf.subarray(this._offset, buf.byteLength) : buf;
				this.queue.shift();
				this._offset = 0;
				this.buffered -= rem;
				this.shifted += rem;
				return sub;
			}
			this.buffered -= size;
			this.shifted += size;
			return buf.subarray(this._offset, this._offset += size);
		}
	};
	var Source = class extends Readable {
		constructor(self, header, offset) {
			super();
			this.header = header;
			this.offset = offset;
			this._parent = self;
		}
		_read(cb) {
			if (this.header.size === 0) this.push(null);
			if (this._parent._stream === this) this._parent._update();
			cb(null);
		}
		_predestroy() {
			this._parent.destroy(getStreamError(this));
		}
		_detach() {
			if (this._parent._stream === this) {
				this._parent._stream = null;
				this._parent._missing = overflow(this.header.size);
				this._parent._update();
			}
		}
		_destroy(cb) {
			this._detach();
			cb(null);
		}
	};
	var Extract = class extends Writable {
		constructor(opts) {
			super(opts);
			if (!opts) opts = {};
			this._buffer = new BufferList();
			this._offset = 0;
			this._header = null;
			this._stream = null;
			this._missing = 0;
			this._longHeader = false;
			this._callback = noop;
			this._locked = false;
			this._finished = false;
			this._pax = null;
			this._paxGlobal = null;
			this._gnuLongPath = null;
			this._gnuLongLinkPath = null;
			this._filenameEncoding = opts.filenameEncoding || "utf-8";
			this._allowUnknownFormat = !!opts.allowUnknownFormat;
			this._unlockBound = this._unlock.bind(this);
		}
		_unlock(err) {
			this._locked = false;
			if (err) {
				this.destroy(err);
				this._continueWrite(err);
				return;
			}
			this._update();
		}
		_consumeHeader() {
			if (this._locked) return false;
			this._offset = this._buffer.shifted;
			try {
				this._header = headers.decode(this._buffer.shift(512), this._filenameEncoding, this._allowUnknownFormat);
			} catch (err) {
				this._continueWrite(err);
				return false;
			}
			if (!this._header) return true;
			this._header.byteOffset = this._buffer.shifted;
			switch (this._header.type) {
				case "gnu-long-path":
				case "gnu-long-link-path":
				case "pax-global-header":
				case "pax-header":
					this._longHeader = true;
					this._missing = this._header.size;
					if (this._missing > MAX_HEADER_SIZE) {
						this._continueWrite(/* @__PURE__ */ new Error("Header exceeds max size"));
						return false;
					}
					return true;
			}
			this._locked = true;
			this._applyLongHeaders();
			if (!(this._header.size >= 0)) {
				this._continueWrite(/* @__PURE__ */ new Error("Invalid header"));
				return false;
			}
			if (this._header.size === 0 || this._header.type === "directory") {
				this.emit("entry", this._header, this._createStream(), this._unlockBound);
				return true;
			}
			this._stream = this._createStream();
			this._missing = this._header.size;
			this.emit("entry", this._header, this._stream, this._unlockBound);
			return true;
		}
		_applyLongHeaders() {
			if (this._gnuLongPath) {
				this._header.name = this._gnuLongPath;
				this._gnuLongPath = null;
			}
			if (this._gnuLongLinkPath) {
				this._header.linkname = this._gnuLongLinkPath;
				this._gnuLongLinkPath = null;
			}
			if (this._pax) {
				if (this._pax.path) this._header.name = this._pax.path;
				if (this._pax.linkpath) this._header.linkname = this._pax.linkpath;
				if (this._pax.size) this._header.size = parseInt(this._pax.size, 10);
				this._header.pax = this._pax;
				this._pax = null;
			}
		}
		_decodeLongHeader(buf) {
			switch (this._header.type) {
				case "gnu-long-path":
					this._gnuLongPath = headers.decodeLongPath(buf, this._filenameEncoding);
					break;
				case "gnu-long-link-path":
					this._gnuLongLinkPath = headers.decodeLongPath(buf, this._filenameEncoding);
					break;
				case "pax-global-header":
					this._paxGlobal = headers.decodePax(buf);
					break;
				case "pax-header": this._pax = this._paxGlobal === null ? headers.decodePax(buf) : Object.assign({}, this._paxGlobal, headers.decodePax(buf));
			}
		}
		_consumeLongHeader() {
			this._longHeader = false;
			this._missing = overflow(this._header.size);
			const buf = this._buffer.shift(this._header.size);
			try {
				this._decodeLongHeader(buf);
			} catch (err) {
				this._continueWrite(err);
				return false;
			}
			return true;
		}
		_consumeStream() {
			const buf = this._buffer.shiftFirst(this._missing);
			if (buf === null) return false;
			this._missing -= buf.byteLength;
			const drained = this._stream.push(buf);
			if (this._missing === 0) {
				this._stream.push(null);
				if (drained) this._stream._detach();
				return drained && this._locked === false;
			}
			return drained;
		}
		_createStream() {
			return new Source(this, this._header, this._offset);
		}
		_update() {
			while (this._buffer.buffered > 0 && !this.destroying) {
				if (this._missing > 0) {
					if (this._stream !== null) {
						if (this._consumeStream() === false) return;
						continue;
					}
					if (this._longHeader === true) {
						if (this._missing > this._buffer.buffered) break;
						if (this._consumeLongHeader() === false) return false;
						continue;
					}
					const ignore = this._buffer.shiftFirst(this._missing);
					if (ignore !== null) this._missing -= ignore.byteLength;
					continue;
				}
				if (this._buffer.buffered < 512) break;
				if (this._stream !== null || this._consumeHeader() === false) return;
			}
			this._continueWrite(null);
		}
		_continueWrite(err) {
			const cb = this._callback;
			this._callback = noop;
			cb(err);
		}
		_write(data, cb) {
			this._callback = cb;
			this._buffer.push(data);
			this._update();
		}
		_final(cb) {
			this._finished = this._missing === 0 && this._buffer.buffered === 0;
			cb(this._finished ? null : /* @__PURE__ */ new Error("Unexpected end of data"));
		}
		_predestroy() {
			this._continueWrite(null);
		}
		_destroy(cb) {
			if (this._stream) this._stream.destroy(getStreamError(this));
			cb(null);
		}
		[Symbol.asyncIterator]() {
			let error = null;
			let promiseResolve = null;
			let promiseReject = null;
			let entryStream = null;
			let entryCallback = null;
			const extract = this;
			this.on("entry", onentry);
			this.on("error", (err) => {
				error = err;
			});
			this.on("close", onclose);
			return {
				[Symbol.asyncIterator]() {
					return this;
				},
				next() {
					return new Promise(onnext);
				},
				return() {
					return destroy(null);
				},
				throw(err) {
					return destroy(err);
				}
			};
			function consumeCallback(err) {
				if (!entryCallback) return;
				const cb = entryCallback;
				entryCallback = null;
				cb(err);
			}
			function onnext(resolve, reject) {
				if (error) return reject(error);
				if (entryStream) {
					resolve({
						value: entryStream,
						done: false
					});
					entryStream = null;
					return;
				}
				promiseResolve = resolve;
				promiseReject = reject;
				consumeCallback(null);
				if (extract._finished && promiseResolve) {
					promiseResolve({
						value: void 0,
						done: true
					});
					promiseResolve = promiseReject = null;
				}
			}
			function onentry(header, stream, callback) {
				entryCallback = callback;
				stream.on("error", noop);
				if (promiseResolve) {
					promiseResolve({
						value: stream,
						done: false
					});
					promiseResolve = promiseReject = null;
				} else entryStream = stream;
			}
			function onclose() {
				consumeCallback(error);
				if (!promiseResolve) return;
				if (error) promiseReject(error);
				else promiseResolve({
					value: void 0,
					done: true
				});
				promiseResolve = promiseReject = null;
			}
			function destroy(err) {
				extract.destroy(err);
				consumeCallback(err);
				return new Promise((resolve, reject) => {
					if (extract.destroyed) return resolve({
						value: void 0,
						done: true
					});
					extract.once("close", function() {
						if (err) reject(err);
						else resolve({
							value: void 0,
							done: true
						});
					});
				});
			}
		}
	};
	module.exports = function extract(opts) {
		return new Extract(opts);
	};
	function noop() {}
	function overflow(size) {
		size &= 511;
		return size && 512 - size;
	}
}));
// node_modules/tar-stream/constants.js
var require_constants = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const constants = {
		S_IFMT: 61440,
		S_IFDIR: 16384,
		S_IFCHR: 8192,
		S_IFBLK: 24576,
		S_IFIFO: 4096,
		S_IFLNK: 40960
	};
	try {
		module.exports = __require("fs").constants || constants;
	} catch {
		module.exports = constants;
	}
}));
// node_modules/tar-stream/pack.js
var require_pack = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	const { Readable, Writable, getStreamError } = require_streamx();
	const b4a = require_b4a();
	const constants = require_constants();
	const headers = require_headers();
	const DMODE = 493;
	const FMODE = 420;
	const END_OF_TAR = b4a.alloc(1024);
	var Sink = class extends Writable {
		constructor(pack, header, callback) {
			super({
				mapWritable,
				eagerOpen: true
			});
			this.written = 0;
			this.header = header;
			this._callback = callback;
			this._linkname = null;
			this._isLinkname = header.type === "symlink" && !header.linkname;
			this._isVoid = header.type !== "file" && header.type !== "contiguous-file";
			this._finished = false;
			this._pack = pack;
			this._openCallback = null;
			if (this._pack._stream === null) this._pack._stream = this;
			else this._pack._pending.push(this);
		}
		_open(cb) {
			this._openCallback = cb;
			if (this._pack._stream === this) this._continueOpen();
		}
		_continuePack(err) {
			if (this._callback === null) return;
			const callback = this._callback;
			this._callback = null;
			callback(err);
		}
		_continueOpen() {
			if (this._pack._stream === null) this._pack._stream = this;
			const cb = this._openCallback;
			this._openCallback = null;
			if (cb === null) return;
			if (this._pack.destroying) return cb(/* @__PURE__ */ new Error("pack stream destroyed"));
			if (this._pack._finalized) return cb(/* @__PURE__ */ new Error("pack stream is already finalized"));
			this._pack._stream = this;
			if (!this._isLinkname) this._pack._encode(this.header);
			if (this._isVoid) {
				this._finish();
				this._continuePack(null);
			}
			cb(null);
		}
		_write(data, cb) {
			if (this._isLinkname) {
				this._linkname = this._linkname ? b4a.concat([this._linkname, data]) : data;
				return cb(null);
			}
			if (this._isVoid) {
				if (data.byteLength > 0) return cb(/* @__PURE__ */ new Error("No body allowed for this entry"));
				return cb();
			}
			this.written += data.byteLength;
			if (this._pack.push(data)) return cb();
			this._pack._drain = cb;
		}
		_finish() {
			if (this._finished) return;
			this._finished = true;
			if (this._isLinkname) {
				this.header.linkname = this._linkname ? b4a.toString(this._linkname, "utf-8") : "";
				this._pack._encode(this.header);
			}
			overflow(this._pack, this.header.size);
			this._pack._done(this);
		}
		_final(cb) {
			if (this.written !== this.header.size) return cb(/* @__PURE__ */ new Error("Size mismatch"));
			this._finish();
			cb(null);
		}
		_getError() {
			return getStreamError(this) || /* @__PURE__ */ new Error("tar entry destroyed");
		}
		_predestroy() {
			this._pack.destroy(this._getError());
		}
		_destroy(cb) {
			this._pack._done(this);
			this._continuePack(this._finished ? null : this._getError());
			cb();
		}
	};
	var Pack = class extends Readable {
		constructor(opts) {
			super(opts);
			this._drain = noop;
			this._finalized = false;
			this._finalizing = false;
			this._pending = [];
			this._stream = null;
		}
		entry(header, buffer, callback) {
			if (this._finalized || this.destroying) throw new Error("already finalized or destroyed");
			if (typeof buffer === "function") {
				callback = buffer;
				buffer = null;
			}
			if (!callback) callback = noop;
			if (!header.size || header.type === "symlink") header.size = 0;
			if (!header.type) header.type = modeToType(header.mode);
			if (!header.mode) header.mode = header.type === "directory" ? DMODE : FMODE;
			if (!header.uid) header.uid = 0;
			if (!header.gid) header.gid = 0;
			if (!header.mtime) header.mtime = /* @__PURE__ */ new Date();
			if (typeof buffer === "string") buffer = b4a.from(buffer);
			const sink = new Sink(this, header, callback);
			if (b4a.isBuffer(buffer)) {
				header.size = buffer.byteLength;
				sink.write(buffer);
				sink.end();
				return sink;
			}
			if (sink._isVoid) return sink;
			return sink;
		}
		finalize() {
			if (this._stream || this._pending.length > 0) {
				this._finalizing = true;
				return;
			}
			if (this._finalized) return;
			this._finalized = true;
			this.push(END_OF_TAR);
			this.push(null);
		}
		_done(stream) {
			if (stream !== this._stream) return;
			this._stream = null;
			if (this._finalizing) this.finalize();
			if (this._pending.length) this._pending.shift()._continueOpen();
		}
		_encode(header) {
			if (!header.pax) {
				const buf = headers.encode(header);
				if (buf) {
					this.push(buf);
					return;
				}
			}
			this._encodePax(header);
		}
		_encodePax(header) {
			const paxHeader = headers.encodePax({
				name: header.name,
				linkname: header.linkname,
				pax: header.pax
			});
			const newHeader = {
				name: "PaxHeader",
				mode: header.mode,
				uid: header.uid,
				gid: header.gid,
				size: paxHeader.byteLength,
				mtime: header.mtime,
				type: "pax-header",
				linkname: header.linkname && "PaxHeader",
				uname: header.uname,
				gname: header.gname,
				devmajor: header.devmajor,
				devminor: header.devminor
			};
			this.push(headers.encode(newHeader));
			this.push(paxHeader);
			overflow(this, paxHeader.byteLength);
			newHeader.size = header.size;
			newHeader.type = header.type;
			this.push(headers.encode(newHeader));
		}
		_doDrain() {
			const drain = this._drain;
			this._drain = noop;
			drain();
		}
		_predestroy() {
			const err = getStreamError(this);
			if (this._stream) this._stream.destroy(err);
			while (this._pending.length) {
				const stream = this._pending.shift();
				stream.destroy(err);
				stream._continueOpen();
			}
			this._doDrain();
		}
		_read(cb) {
			this._doDrain();
			cb();
		}
	};
	module.exports = function pack(opts) {
		return new Pack(opts);
	};
	function modeToType(mode) {
		switch (mode & constants.S_IFMT) {
			case constants.S_IFBLK: return "block-device";
			case constants.S_IFCHR: return "character-device";
			case constants.S_IFDIR: return "directory";
			case constants.S_IFIFO: return "fifo";
			case constants.S_IFLNK: return "symlink";
		}
		return "file";
	}
	function noop() {}
	function overflow(self, size) {
		size &= 511;
		if (size) self.push(END_OF_TAR.subarray(0, 512 - size));
	}
	function mapWritable(buf) {
		return b4a.isBuffer(buf) ? buf : b4a.from(buf);
	}
}));
// src/image/secret-search/find-in-stream.ts
var import_tar_stream = (/* @__PURE__ */ __commonJSMin(((exports) => {
	exports.extract = require_extract();
	exports.pack = require_pack();
})))();
/** Names of the secrets that are in it, each once. */
async function findInStream(chunks, needles) {
	const found = /* @__PURE__ */ new Set();
	const longest = needles.reduce((length, { bytes }) => Math.max(length, bytes.length), 0);
	let tail = Buffer.alloc(0);
	for await (const chunk of chunks) {
		const part = tail.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength) : Buffer.concat([tail, chunk]);
		for (const { name, bytes } of needles) if (!found.has(name) && part.includes(bytes)) found.add(name);
		tail = Buffer.from(part.subarray(Math.max(0, part.length - longest + 1)));
	}
	return found;
}
// src/image/secret-search/search-layer.ts
/** Searches one layer, file by file. */
/** By the first bytes; undefined for what is no layer. `head` has at least 262 bytes, or all there are. */
function layerFormat(head) {
	if (head[0] === 31 && head[1] === 139) return "gzip";
	if (head[0] === 40 && head[1] === 181 && head[2] === 47 && head[3] === 253) return "zstd";
	return Buffer.from(head.subarray(257, 262)).toString("latin1") === "ustar" ? "tar" : void 0;
}
function unpacker(format) {
	if (format === "gzip") return zlib.createGunzip();
	if (typeof zlib.createZstdDecompress === "function") return zlib.createZstdDecompress();
	throw new Error("Layers packed with zstd need Node 22.15 or newer here.");
}
async function searchLayer(packed, format, layer, needles) {
	const hash = createHash("sha256");
	const plain = format === "tar" ? packed : packed.pipe(unpacker(format));
	const entries = (0, import_tar_stream.extract)();
	packed.on("error", (error) => entries.destroy(error));
	plain.on("error", (error) => entries.destroy(error));
	plain.on("data", (chunk) => hash.update(chunk));
	plain.pipe(entries);
	const hits = [];
	for await (const entry of entries) {
		const { name, linkname } = entry.header;
		const inNames = Buffer.from(`${name}\n${linkname ?? ""}`);
		const found = /* @__PURE__ */ new Set([...await findInStream(entry, needles), ...needles.filter(({ bytes }) => inNames.includes(bytes)).map((needle) => needle.name)]);
		for (const secret of found) hits.push({
			secret,
			file: `/${name.replace(/^\.?\//, "")}`,
			layer
		});
	}
	return {
		hits,
		diffId: `sha256:${hash.digest("hex")}`
	};
}
// src/image/secret-search/search-text.ts
function searchText(bytes, needles, file, layer) {
	const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	return [...new Set(needles.filter((needle) => text.includes(needle.bytes)).map((needle) => needle.name))].map((secret) => ({
		secret,
		file,
		layer
	}));
}
// src/image/secret-search/search-archive.ts
/** Searches an image archive (an OCI layout, or what `docker save` writes) before it goes to a registry. */
/** Manifests and configurations are small; more than this is a layer or nothing that an image has. */
const documentLimitBytes = 16777216;
async function searchArchive(file, needles) {
	const archive = (0, import_tar_stream.extract)();
	const source = createReadStream(file);
	source.on("error", (error) => archive.destroy(error));
	source.pipe(archive);
	const hits = [];
	const diffIds = /* @__PURE__ */ new Set();
	for await (const entry of archive) {
		if (entry.header.type !== "file") {
			entry.resume();
			continue;
		}
		const { name } = entry.header;
		const { head, whole } = await peek(entry);
		const format = layerFormat(head);
		const layer = layerName(name);
		if (format !== void 0) {
			const searched = await searchLayer(whole, format, layer, needles);
			hits.push(...searched.hits);
			diffIds.add(searched.diffId);
		} else if ((entry.header.size ?? 0) <= documentLimitBytes) hits.push(...searchText(await bytesOf(whole), needles, "image configuration", layer));
		else throw new Error(`${name} in the image archive is neither a layer nor a document.`);
	}
	return {
		hits,
		diffIds
	};
}
/** `blobs/sha256/<hex>` to a digest, `<id>/layer.tar` to its id. */
function layerName(path) {
	const blob = /blobs\/sha256\/([0-9a-f]{64})$/.exec(path)?.[1];
	return blob === void 0 ? path.replace(/\/layer\.tar$/, "") : `sha256:${blob}`;
}
/** The first bytes, and a stream that still has all of them. */
async function peek(entry) {
	const iterator = entry[Symbol.asyncIterator]();
	const chunks = [];
	let length = 0;
	let ended = false;
	while (length < 512 && !ended) {
		const next = await iterator.next();
		if (next.done) ended = true;
		else {
			chunks.push(next.value);
			length += next.value.length;
		}
	}
	const head = Buffer.concat(chunks);
	async function* all() {
		if (head.length > 0) yield head;
		while (!ended) {
			const next = await iterator.next();
			if (next.done) break;
			yield next.value;
		}
	}
	return {
		head,
		whole: Readable.from(all(), { objectMode: false })
	};
}
async function bytesOf(stream) {
	const chunks = [];
	for await (const chunk of stream) chunks.push(chunk);
	return Buffer.concat(chunks);
}
// src/image/secret-search/verdict.ts
/** What hits mean. Pure. */
/** Places that are named at most. */
const shown$1 = 5;
/** Undefined where there are none. The values stay unsaid. */
function secretInImage(hits) {
	if (hits.length === 0) return void 0;
	const places = hits.slice(0, shown$1).map(({ secret, file, layer }) => `the value of ${secret} in ${file} (layer ${layer.slice(0, 19)})`);
	const more = hits.length > shown$1 ? ` and ${hits.length - shown$1} more places` : "";
	return new ImageError("secret-in-image", `The image was not pushed: it holds ${places.join(", ")}${more}. Whoever can pull it could read that. Keep the value in Secrets Manager and name it under secrets of the task definition; during the build use RUN --mount=type=secret.`);
}
/** Throws ImageError where there is one; nothing was pushed yet. */
function noSecretIn(image, job) {
	const found = secretInImage(image.hits);
	if (found !== void 0) throw found;
	job.event("image.searched", "info", "None of the secrets is in the image.");
}
/** The layers that were pushed have to be those that were searched. */
function unsearchedLayers(pushed, searched) {
	const other = pushed.filter((diffId) => !searched.has(diffId));
	if (other.length === 0) return void 0;
	return new ImageError("secret-in-image", `The build was not the same twice: ${other.length} of the layers that were pushed were not searched for secrets (${other[0].slice(0, 19)}). Make the Dockerfile repeatable, or build without search-for-secrets.`);
}
// src/image/work-folder.ts
/** Folders and files that a build needs for its own time. */
/** `tempDir` is the runner's temporary folder; empty: the system's. */
function makeWorkFolder(tempDir) {
	const parent = tempDir === "" ? tmpdir() : tempDir;
	mkdirSync(parent, { recursive: true });
	return mkdtempSync(join(parent, "ips-image-"));
}
function removeWorkFolder(folder) {
	rmSync(folder, {
		recursive: true,
		force: true
	});
}
/** Undefined where there is no such file. */
function readTextFile(path) {
	return existsSync(path) ? readFileSync(path, "utf8") : void 0;
}
function writeTextFile(path, text) {
	writeFileSync(path, text);
}
// src/image/build-buildx.ts
/** Builds with buildx under a login of its own, looks for secrets, and pushes. */
/** Answers the digest that was pushed. */
async function buildAndPushWithBuildx(job) {
	const { ports, registries, needles } = job;
	const folder = makeWorkFolder(ports.context.tempDir);
	const loginFolder = makeLoginFolder(dirname(folder), ports.dockerFolder);
	ports.runner.saveState("login-folder", loginFolder);
	try {
		writeLogin(loginFolder, registries.ownHost, job.login, ports.dockerFolder);
		const build = buildOf(job, folder);
		const buildx = buildxPorts(job, loginFolder);
		if (needles.length === 0) return await push(job, build, buildx);
		const archive = join(folder, "image.tar");
		await buildArchive(build, archive, buildx);
		const searched = await searchArchive(archive, needles);
		noSecretIn(searched, job);
		const options = {
			...build.options,
			noCache: false,
			noCacheFilters: [],
			pull: false
		};
		const digest = await push(job, {
			...build,
			options
		}, buildx);
		await sameLayers(job, digest, searched);
		return digest;
	} finally {
		removeLoginFolder(loginFolder);
		removeWorkFolder(folder);
	}
}
async function push(job, build, buildx) {
	const digest = await buildWithBuildx(build, buildx);
	job.event("image.pushed", "info", `Built and pushed ${digest}.`);
	return digest;
}
function buildOf(job, folder) {
	const { request, plan, registries } = job;
	const { cacheRepository } = request.buildx;
	return {
		context: plan.context,
		dockerfile: plan.dockerfile,
		references: plan.tags.map((tag) => `${registries.ownHost}/${plan.repository}:${tag}`),
		platforms: request.platforms,
		buildArgs: request.buildArgs,
		labels: job.labels,
		target: request.target,
		options: request.buildx,
		cacheReference: cacheRepository && `${registries.ownHost}/${cacheRepository}:buildcache`,
		metadataFile: join(folder, "metadata.json")
	};
}
function buildxPorts(job, loginFolder) {
	const { ports, request } = job;
	return {
		environment: {
			...ports.environment,
			...secretEnvironment(request.buildx),
			DOCKER_CONFIG: loginFolder
		},
		workspace: ports.context.workspace,
		readFile: readTextFile,
		attempts: request.pushAttempts,
		clock: ports.clock,
		random: ports.random,
		signal: ports.runner.cancelled,
		onLine: (line) => ports.runner.info(line),
		onRetry: (message) => job.event("image.retry", "warning", message)
	};
}
/** What was pushed has to be what was searched. A digest that differs is told by the verification. */
async function sameLayers(job, digest, searched) {
	const { plan, registries, request } = job;
	const image = (await readEcrImages(job.aws, plan.repository, plan.tags.slice(0, 1))).get(plan.tags[0]);
	if (image?.digest !== digest) return;
	for (const each of platformImages(image, request.platforms)) {
		const unsearched = unsearchedLayers((await readImageConfig(registries.own, plan.repository, each.digest))?.rootfs.diff_ids ?? [], searched.diffIds);
		if (unsearched !== void 0) throw unsearched;
	}
}
// src/image/static/tar.ts
const tarBlockBytes = 512;
/** Two empty blocks end an archive. */
const tarEnd = new Uint8Array(2 * tarBlockBytes);
const typeFlags = {
	file: "0",
	directory: "5",
	symlink: "2"
};
const largestOctal8 = 2097151;
const largestOctal12 = 8589934591;
/** The header, with the PAX header before it where one is needed. */
function tarHeader(entry) {
	const records = [];
	const name = splitName(entry.path);
	if (name === void 0) records.push(["path", entry.path]);
	const link = entry.linkTarget ?? "";
	if (!fits(link, 100)) records.push(["linkpath", link]);
	if (entry.size > largestOctal12) records.push(["size", String(entry.size)]);
	if (entry.uid > largestOctal8) records.push(["uid", String(entry.uid)]);
	if (entry.gid > largestOctal8) records.push(["gid", String(entry.gid)]);
	const plain = header({
		name: name?.name ?? "pax-entry",
		prefix: name?.prefix ?? "",
		mode: entry.mode,
		uid: Math.min(entry.uid, largestOctal8),
		gid: Math.min(entry.gid, largestOctal8),
		size: Math.min(entry.size, largestOctal12),
		mtimeSeconds: entry.mtimeSeconds,
		flag: typeFlags[entry.type],
		link: fits(link, 100) ? link : ""
	});
	if (records.length === 0) return plain;
	const body = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(""), "utf8");
	const pax = header({
		name: "PaxHeaders.0/entry",
		prefix: "",
		mode: 420,
		uid: 0,
		gid: 0,
		size: body.length,
		mtimeSeconds: entry.mtimeSeconds,
		flag: "x",
		link: ""
	});
	return Buffer.concat([
		pax,
		body,
		padding(body.length),
		plain
	]);
}
/** Zeros that fill the last block of `size` bytes of content. */
function padding(size) {
	return new Uint8Array((tarBlockBytes - size % tarBlockBytes) % tarBlockBytes);
}
/** The length at the start counts itself. */
function paxRecord(key, value) {
	const rest = Buffer.byteLength(` ${key}=${value}\n`);
	let length = rest + String(rest).length;
	if (rest + String(length).length > length) length++;
	return `${length} ${key}=${value}\n`;
}
function header(fields) {
	const block = Buffer.alloc(tarBlockBytes);
	block.write(fields.name, 0, 100, "utf8");
	const octal = (value, at, width) => {
		block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at, width, "latin1");
	};
	octal(fields.mode, 100, 8);
	octal(fields.uid, 108, 8);
	octal(fields.gid, 116, 8);
	octal(fields.size, 124, 12);
	octal(fields.mtimeSeconds, 136, 12);
	block.write("        ", 148, 8, "latin1");
	block.write(fields.flag, 156, 1, "latin1");
	block.write(fields.link, 157, 100, "utf8");
	block.write("ustar\x0000", 257, 8, "latin1");
	block.write(fields.prefix, 345, 155, "utf8");
	const sum = block.reduce((total, byte) => total + byte, 0);
	block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, 8, "latin1");
	return block;
}
function fits(text, bytes) {
	return Buffer.byteLength(text) <= bytes && /^[\x20-\x7e]*$/.test(text);
}
/** ustar's two name fields, or undefined where the path does not fit. */
function splitName(path) {
	if (fits(path, 100)) return {
		name: path,
		prefix: ""
	};
	if (!fits(path, 256)) return void 0;
	for (let at = path.indexOf("/"); at >= 0 && at <= 155; at = path.indexOf("/", at + 1)) {
		const name = path.slice(at + 1);
		if (name !== "" && name.length <= 100) return {
			name,
			prefix: path.slice(0, at)
		};
	}
}
// src/image/static/layer-file.ts
/** Writes a layer to disk as gzip, counting and hashing on the way; memory stays small. */
async function writeLayer(file, entries) {
	const plain = createHash("sha256");
	const packed = createHash("sha256");
	let size = 0;
	await pipeline(Readable.from(tarBytes(entries), { objectMode: false }), tap((chunk) => plain.update(chunk)), createGzip({ level: 6 }), steadyHeader(), tap((chunk) => {
		packed.update(chunk);
		size += chunk.length;
	}), createWriteStream(file));
	return {
		file,
		digest: name(packed),
		diffId: name(plain),
		size
	};
}
function openLayer(file) {
	return createReadStream(file);
}
async function* tarBytes(entries) {
	for (const entry of entries) {
		yield tarHeader(entry);
		if (entry.file === void 0 || entry.size === 0) continue;
		let read = 0;
		for await (const chunk of createReadStream(entry.file)) {
			read += chunk.length;
			yield chunk;
		}
		if (read !== entry.size) throw new ImageError("context", `${entry.file} changed while it was being read: build again.`);
		yield padding(entry.size);
	}
	yield tarEnd;
}
function tap(see) {
	return new Transform({ transform(chunk, _encoding, done) {
		see(chunk);
		done(null, chunk);
	} });
}
/** Byte 9 of gzip names the operating system: made "unknown", so that the digest is the same everywhere. */
function steadyHeader() {
	let at = 0;
	return new Transform({ transform(chunk, _encoding, done) {
		if (at <= 9 && at + chunk.length > 9) {
			const copy = Buffer.from(chunk);
			copy[9 - at] = 255;
			at += chunk.length;
			return done(null, copy);
		}
		at += chunk.length;
		done(null, chunk);
	} });
}
function name(hash) {
	return `sha256:${hash.digest("hex")}`;
}
// src/image/secret-search/search-static.ts
async function searchStatic(build, needles) {
	const hits = [];
	const diffIds = /* @__PURE__ */ new Set();
	for (const image of build.images) {
		const { digest, bytes } = image.config;
		hits.push(...searchText(bytes, needles, "image configuration", digest));
		for (const layer of image.layers) {
			if (layer.kind !== "new") continue;
			const searched = await searchLayer(openLayer(layer.file), "gzip", layer.descriptor.digest, needles);
			diffIds.add(searched.diffId);
			hits.push(...searched.hits);
		}
	}
	return {
		hits,
		diffIds
	};
}
// src/image/static/patterns.ts
function parseIgnoreFile(text) {
	const rules = [];
	for (const raw of text.replace(/^\ufeff/, "").split(/\r?\n/)) {
		if (raw.startsWith("#")) continue;
		const line = raw.trim();
		if (line === "" || line === "!") continue;
		const negated = line.startsWith("!");
		const path = cleanPattern(negated ? line.slice(1).trim() : line);
		if (path === "" || path === ".") continue;
		rules.push({
			pattern: globToRegExp(path, true),
			text: path,
			negated
		});
	}
	return {
		isIgnored(path) {
			let ignored = false;
			for (const rule of rules) {
				if (rule.negated === !ignored) continue;
				if (matchesSelfOrParent(rule.pattern, path)) ignored = !rule.negated;
			}
			return ignored;
		},
		mayHoldExceptions(directory) {
			return rules.some((rule) => rule.negated && (rule.text.includes("*") || rule.text.startsWith(`${directory}/`)));
		}
	};
}
function matchesSelfOrParent(pattern, path) {
	for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) if (pattern.test(path.slice(0, end))) return true;
	return false;
}
/** Without `./`, doubled or outer slashes, and with `..` resolved. */
function cleanPattern(path) {
	const parts = [];
	for (const part of path.split("/")) if (part === "..") parts.pop();
	else if (part !== "" && part !== ".") parts.push(part);
	return parts.join("/");
}
function hasWildcard(path) {
	return /[*?[]/.test(path);
}
/** `*` and `?` stop at slashes; `**` (where allowed) does not. */
function globToRegExp(glob, doubleStar) {
	let source = "";
	for (let index = 0; index < glob.length; index++) {
		const char = glob[index];
		if (char === "*" && doubleStar && glob[index + 1] === "*") {
			index++;
			if (glob[index + 1] === "/") {
				index++;
				source += "(?:.*/)?";
			} else source += ".*";
		} else if (char === "*") source += "[^/]*";
		else if (char === "?") source += "[^/]";
		else if (char === "[") {
			const end = glob.indexOf("]", index + 2);
			if (end < 0) throw new Error(`the pattern ${glob} has a [ that is not closed`);
			const inner = glob.slice(index + 1, end).replace(/[\\\]]/g, "\\$&");
			source += `[${inner}]`;
			index = end;
		} else if (char === "\\" && index + 1 < glob.length) source += escapeRegExp(glob[++index]);
		else source += escapeRegExp(char);
	}
	return new RegExp(`^${source}$`);
}
function escapeRegExp(text) {
	return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
// src/image/static/context.ts
/** The build context on disk: what a COPY would see of it, in a stable order. */
async function openContext(folder, dockerfile) {
	const found = await stat(folder).catch(() => void 0);
	if (found === void 0 || !found.isDirectory()) throw new ImageError("context", `The build context ${folder} is no directory.`);
	const text = await readIfThere(`${dockerfile}.dockerignore`) ?? await readIfThere(join(folder, ".dockerignore")) ?? "";
	try {
		return {
			folder,
			ignore: parseIgnoreFile(text)
		};
	} catch (error) {
		throw new ImageError("context", `.dockerignore: ${error.message}.`);
	}
}
async function readDockerfile(path) {
	const text = await readIfThere(path);
	if (text === void 0) throw new ImageError("dockerfile-missing", `There is no Dockerfile at ${path}.`);
	return text;
}
async function readIfThere(path) {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if (["ENOENT", "ENOTDIR"].includes(error.code ?? "")) return void 0;
		throw error;
	}
}
/** Expands one COPY source, wildcards included. Throws a plain Error with a phrase. */
async function findSources(context, source) {
	const cleaned = cleanPattern(source);
	const paths = hasWildcard(cleaned) ? await matching(context, cleaned) : [cleaned];
	const sources = [];
	for (const path of paths) {
		const entry = await readSource(context, path);
		if (entry !== void 0) sources.push({
			path,
			entry,
			inside: entry.type === "directory" ? await walk(context, path) : []
		});
	}
	if (sources.length === 0) throw new Error(`"${source}" is not in the build context, or .dockerignore keeps it out`);
	return sources;
}
/** Everything in the context that is not ignored. */
async function walk(context, from = "") {
	const names = (await readdir(join(context.folder, from))).sort(byBytes);
	const entries = [];
	for (const name of names) {
		const path = from === "" ? name : `${from}/${name}`;
		const ignored = context.ignore.isIgnored(path);
		const entry = await readEntry(context, path);
		if (entry === void 0) continue;
		if (!ignored) entries.push(entry);
		if (entry.type !== "directory") continue;
		if (ignored && !context.ignore.mayHoldExceptions(path)) continue;
		const below = await walk(context, path);
		if (ignored && below.length > 0) entries.push(entry);
		entries.push(...below);
	}
	return entries;
}
async function matching(context, glob) {
	const pattern = globToRegExp(glob, true);
	return (await walk(context)).map((entry) => entry.path).filter((path) => pattern.test(path));
}
/** The source of a COPY is followed where it is a link, as long as it stays inside the context. */
async function readSource(context, path) {
	const full = join(context.folder, path);
	if (path === "") return {
		path,
		type: "directory",
		mode: 493,
		size: 0,
		file: full
	};
	const entry = await readEntry(context, path);
	if (entry === void 0) return void 0;
	if (context.ignore.isIgnored(path) && !(entry.type === "directory" && context.ignore.mayHoldExceptions(path))) return void 0;
	if (entry.type !== "symlink") return entry;
	const [root, target] = await Promise.all([realpath(context.folder), realpath(full).catch(() => void 0)]);
	if (target === void 0 || relative(root, target).split(sep)[0] === "..") throw new Error(`"${path}" is a link that leads out of the build context, or nowhere`);
	const followed = await readEntry({
		...context,
		folder: root
	}, relative(root, target).split(sep).join("/"));
	return followed === void 0 ? void 0 : {
		...followed,
		path
	};
}
async function readEntry(context, path) {
	const file = join(context.folder, path);
	const found = await lstat(file).catch(() => void 0);
	if (found === void 0) return void 0;
	if (found.isDirectory()) return {
		path,
		type: "directory",
		mode: 493,
		size: 0,
		file
	};
	if (found.isSymbolicLink()) return {
		path,
		type: "symlink",
		mode: 511,
		size: 0,
		linkTarget: await readlink(file),
		file
	};
	if (!found.isFile()) return void 0;
	return {
		path,
		type: "file",
		mode: (found.mode & 73) === 0 ? 420 : 493,
		size: found.size,
		file
	};
}
/** The content of a file, as it is read. */
function openContent(entry) {
	return createReadStream(entry.file);
}
function byBytes(one, other) {
	return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
// src/image/static/layer-entries.ts
/** From the steps of a Dockerfile to the tar entries of each layer. Reads the context, writes nothing. */
/** Directories that images have with another mode than 0755, and those that are links in many images. */
const knownModes = {
	"/tmp": 1023,
	"/var/tmp": 1023,
	"/root": 448
};
const neverWritten = /^\/(bin|sbin|lib|lib32|lib64|libx32|proc|sys|dev|home\/[^/]+|var\/run|var\/lock)$/;
/**
* The builder does not unpack the base image, so directories above a copied file are written as images
* commonly have them: 0755 and root's, but for `/tmp` and its like; what is a link in many images is left alone.
*/
var LayerPlanner = class {
	#context;
	#mtimeSeconds;
	#directories = /* @__PURE__ */ new Set(["/"]);
	constructor(context, mtimeSeconds) {
		this.#context = context;
		this.#mtimeSeconds = mtimeSeconds;
	}
	async entries(step) {
		const found = /* @__PURE__ */ new Map();
		const add = (entry) => {
			found.delete(entry.path);
			found.set(entry.path, entry);
		};
		if (step.kind === "workdir") {
			this.#addDirectories(step.path, void 0, add);
			return [...found.values()];
		}
		try {
			for (const source of step.sources) {
				const expanded = await findSources(this.#context, source);
				const many = expanded.length > 1;
				for (const { path, entry, inside } of expanded) if (entry.type === "directory") {
					this.#addDirectories(step.destination, step.owner, add);
					const from = path === "" ? 0 : path.length + 1;
					for (const each of inside) add(this.#entry(each, below(step.destination, each.path.slice(from)), step));
				} else {
					const target = many || step.destination.endsWith("/") || this.#directories.has(step.destination) ? below(step.destination, path.slice(path.lastIndexOf("/") + 1)) : step.destination;
					this.#addDirectories(target.slice(0, target.lastIndexOf("/")) || "/", step.owner, add);
					add(this.#entry(entry, target, step));
				}
			}
		} catch (error) {
			if (error instanceof ImageError || !(error instanceof Error)) throw error;
			if (error.code !== void 0) throw error;
			throw new ImageError("dockerfile", `Dockerfile line ${step.line} (COPY): ${error.message}.`, step.line);
		}
		return [...found.values()];
	}
	#entry(entry, target, step) {
		const { type } = entry;
		if (type === "directory") this.#directories.add(target);
		return {
			path: type === "directory" ? `${target.slice(1)}/` : target.slice(1),
			type,
			mode: type === "symlink" ? 511 : step.mode ?? entry.mode,
			uid: step.owner?.uid ?? 0,
			gid: step.owner?.gid ?? 0,
			size: entry.size,
			...entry.linkTarget === void 0 ? {} : { linkTarget: entry.linkTarget },
			...type === "file" ? { file: entry.file } : {},
			mtimeSeconds: this.#mtimeSeconds
		};
	}
	/** The directory and those above it, each once an image. */
	#addDirectories(directory, owner, add) {
		const parts = directory.split("/").filter((part) => part !== "");
		for (let count = 1; count <= parts.length; count++) {
			const path = `/${parts.slice(0, count).join("/")}`;
			if (this.#directories.has(path)) continue;
			this.#directories.add(path);
			if (neverWritten.test(path)) continue;
			add({
				path: `${path.slice(1)}/`,
				type: "directory",
				mode: knownModes[path] ?? 493,
				uid: owner?.uid ?? 0,
				gid: owner?.gid ?? 0,
				size: 0,
				mtimeSeconds: this.#mtimeSeconds
			});
		}
	}
};
function below(directory, path) {
	return `${directory.replace(/\/$/, "")}/${path}`;
}
// src/image/static/build.ts
/** The builder without a daemon: Dockerfiles that only copy and declare, as OCI images on disk. */
async function buildStatic(request, bases) {
	const file = readInstructions(await readDockerfile(request.dockerfile));
	const context = await openContext(request.context, request.dockerfile);
	const images = [];
	const notices = /* @__PURE__ */ new Set();
	const written = /* @__PURE__ */ new Map();
	for (const platform of request.platforms) {
		const given = {
			buildArgs: request.buildArgs,
			platform
		};
		const stage = readStage(file, given);
		if (request.target !== void 0 && request.target !== stage.name) throw new ImageError("dockerfile", `The Dockerfile has no stage "${request.target}"${stage.name === void 0 ? "" : `; its stage is "${stage.name}"`}.`);
		const base = await pullBase(stage, platform, bases);
		const evaluated = evaluateStage(stage, base.config.config ?? {}, given);
		for (const name of evaluated.unusedArgs) notices.add(`No ARG of the Dockerfile asks for build argument ${name}.`);
		const planner = new LayerPlanner(context, request.epochSeconds);
		const made = [];
		const emptySteps = /* @__PURE__ */ new Set();
		for (const [index, step] of evaluated.steps.entries()) {
			const entries = await planner.entries(step);
			if (entries.length === 0) {
				emptySteps.add(index);
				continue;
			}
			const key = JSON.stringify(entries);
			let layer = written.get(key);
			if (layer === void 0) {
				layer = await writeLayer(join(request.folder, `layer-${written.size}.tar.gz`), entries);
				written.set(key, layer);
			}
			made.push(layer);
		}
		images.push(assemble(request, platform, base, evaluated, made, emptySteps));
	}
	const index = images.length > 1 ? indexOf(images) : void 0;
	return {
		images,
		index,
		digest: index?.digest ?? images[0].manifest.digest,
		notices: [...notices]
	};
}
async function pullBase(stage, platform, bases) {
	if (stage.baseImage === "scratch") return {
		config: {
			architecture: platform.architecture,
			os: platform.os,
			...platform.variant === void 0 ? {} : { variant: platform.variant },
			rootfs: {
				type: "layers",
				diff_ids: []
			}
		},
		layers: []
	};
	const missing = (reason) => new ImageError("base-image-not-found", `Dockerfile line ${stage.fromLine}: the base image ${stage.baseImage} ${reason}.`, stage.fromLine);
	const reference = parseReference(stage.baseImage);
	if (reference === void 0) throw missing("is no valid image name");
	const registry = bases.registry(reference.host);
	const { repository } = reference;
	const found = await registry.manifest(repository, reference.digest ?? reference.tag);
	if (found === void 0) throw missing("does not exist");
	let { bytes } = found;
	if (isIndex(mediaTypeOf(found.mediaType, bytes))) {
		const { manifests } = JSON.parse(Buffer.from(bytes).toString("utf8"));
		const match = choosePlatform(manifests, platform);
		if (match === void 0) {
			const offered = manifests.flatMap((entry) => entry.platform === void 0 ? [] : [platformText(entry.platform)]);
			throw missing(`is not made for ${platformText(platform)}; it is for ${offered.join(", ")}`);
		}
		const child = await registry.manifest(repository, match.digest);
		if (child === void 0) throw missing(`lacks its manifest ${match.digest}`);
		bytes = child.bytes;
	}
	const manifest = JSON.parse(Buffer.from(bytes).toString("utf8"));
	const configBytes = await registry.blobBytes(repository, manifest.config.digest);
	if (configBytes === void 0) throw missing(`lacks its configuration ${manifest.config.digest}`);
	const config = JSON.parse(Buffer.from(configBytes).toString("utf8"));
	if (config.os !== platform.os || config.architecture !== platform.architecture) throw missing(`is for ${config.os}/${config.architecture}, not for ${platformText(platform)}`);
	return {
		config,
		layers: manifest.layers.map((layer) => ({
			kind: "base",
			descriptor: {
				...layer,
				mediaType: ociLayerType(layer.mediaType)
			},
			registry,
			repository
		}))
	};
}
function mediaTypeOf(declared, bytes) {
	const { mediaType } = JSON.parse(Buffer.from(bytes).toString("utf8"));
	return mediaType ?? declared;
}
function choosePlatform(manifests, platform) {
	const same = manifests.filter((entry) => entry.platform?.os === platform.os && entry.platform.architecture === platform.architecture);
	return same.find((entry) => entry.platform?.variant === platform.variant) ?? (platform.variant === void 0 ? same[0] : void 0);
}
/** Docker's names for layers may not stand in an OCI manifest. */
function ociLayerType(mediaType) {
	if (mediaType === "application/vnd.docker.image.rootfs.diff.tar.gzip") return mediaTypes.layer;
	if (mediaType === "application/vnd.docker.image.rootfs.diff.tar") return "application/vnd.oci.image.layer.v1.tar";
	return mediaType;
}
function assemble(request, platform, base, evaluated, made, emptySteps) {
	const created = (/* @__PURE__ */ new Date(request.epochSeconds * 1e3)).toISOString().replace(".000Z", "Z");
	let step = 0;
	const history = evaluated.history.map((entry) => {
		const isEmpty = entry.empty_layer === true || emptySteps.has(step++);
		const { created_by } = entry;
		return {
			created,
			...created_by === void 0 ? {} : { created_by },
			...isEmpty ? { empty_layer: true } : {}
		};
	});
	const labels = {
		...evaluated.config.Labels,
		...Object.fromEntries(request.labels)
	};
	const config = {
		created,
		architecture: base.config.architecture,
		os: base.config.os,
		...base.config.variant === void 0 ? {} : { variant: base.config.variant },
		config: {
			...evaluated.config,
			...Object.keys(labels).length === 0 ? {} : { Labels: labels }
		},
		rootfs: {
			type: "layers",
			diff_ids: [...base.config.rootfs.diff_ids, ...made.map((layer) => layer.diffId)]
		},
		history: [...base.config.history ?? [], ...history]
	};
	const configDocument = document(mediaTypes.config, config);
	const layers = [...base.layers, ...made.map((layer) => ({
		kind: "new",
		descriptor: {
			mediaType: mediaTypes.layer,
			digest: layer.digest,
			size: layer.size
		},
		file: layer.file
	}))];
	const manifest = {
		schemaVersion: 2,
		mediaType: mediaTypes.manifest,
		config: descriptor(configDocument),
		layers: layers.map((layer) => layer.descriptor)
	};
	return {
		platform,
		manifest: document(mediaTypes.manifest, manifest),
		config: configDocument,
		layers
	};
}
function indexOf(images) {
	const index = {
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests: images.map((image) => ({
			...descriptor(image.manifest),
			platform: image.platform
		}))
	};
	return document(mediaTypes.index, index);
}
function document(mediaType, value) {
	const bytes = Buffer.from(JSON.stringify(value), "utf8");
	return {
		mediaType,
		bytes,
		digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}`
	};
}
function descriptor(from) {
	return {
		mediaType: from.mediaType,
		digest: from.digest,
		size: from.bytes.length
	};
}
// src/image/registry/put-manifest.ts
/** Puts a manifest under a tag or digest; an immutable tag that already holds exactly this is what was wanted. */
async function putManifest(to, reference, manifest) {
	const { registry, repository } = to;
	const { status, reason } = await registry.putManifest(repository, reference, manifest.mediaType, manifest.bytes);
	if (status < 300) return;
	const held = await registry.manifest(repository, reference);
	if (held?.digest === manifest.digest) return;
	if (held !== void 0) throw new ImageError("tag-taken", `Tag ${reference} of ${repository} is immutable and holds ${held.digest}; this image is ${manifest.digest}. Give another tag, or build the same sources.`);
	throw new ImageError("registry-answer", `The registry refuses ${repository}:${reference} (${status}: ${reason}).`);
}
// src/image/static/push.ts
async function pushStatic(build, registry, repository, tags) {
	const counts = {
		uploaded: 0,
		copied: 0,
		mounted: 0,
		present: 0
	};
	const to = {
		registry,
		repository
	};
	const done = /* @__PURE__ */ new Set();
	for (const image of build.images) {
		for (const layer of image.layers) {
			if (done.has(layer.descriptor.digest)) continue;
			done.add(layer.descriptor.digest);
			counts[await pushLayer(layer, registry, repository)]++;
		}
		if (!await registry.hasBlob(repository, image.config.digest)) await registry.uploadBlob(repository, blobOf(image.config));
		if (build.index !== void 0) await putManifest(to, image.manifest.digest, image.manifest);
	}
	const top = build.index ?? build.images[0].manifest;
	for (const tag of tags) await putManifest(to, tag, top);
	return counts;
}
async function pushLayer(layer, registry, repository) {
	const { digest, size } = layer.descriptor;
	if (await registry.hasBlob(repository, digest)) return "present";
	if (layer.kind === "new") {
		await registry.uploadBlob(repository, {
			digest,
			size,
			open: async () => openLayer(layer.file)
		});
		return "uploaded";
	}
	if (layer.registry.url === registry.url && await registry.mountBlob(repository, digest, layer.repository)) return "mounted";
	await registry.uploadBlob(repository, {
		digest,
		size,
		open: () => layer.registry.blob(layer.repository, digest)
	});
	return "copied";
}
function blobOf(document) {
	return {
		digest: document.digest,
		size: document.bytes.length,
		open: async () => document.bytes
	};
}
// src/image/build-static.ts
/** Answers the digest that was pushed. */
async function buildAndPushStatic(job) {
	const { request, plan, registries, needles } = job;
	const folder = makeWorkFolder(job.ports.context.tempDir);
	try {
		const build = await buildStatic({
			context: plan.context,
			dockerfile: plan.dockerfile,
			target: request.target,
			buildArgs: request.buildArgs,
			labels: job.labels,
			platforms: request.platforms.map(parsePlatform),
			epochSeconds: epochSeconds(request.buildArgs),
			folder
		}, { registry: registries.of });
		for (const notice of build.notices) job.event("image.notice", "notice", notice);
		job.event("image.built", "info", `Built ${build.digest}.`);
		if (needles.length > 0) noSecretIn(await searchStatic(build, needles), job);
		const counts = await pushStatic(build, registries.own, job.repository.name, plan.tags);
		job.event("image.pushed", "info", `Pushed: ${counts.uploaded} layers uploaded, ${counts.copied} copied, ${counts.mounted} mounted, ${counts.present} there already.`);
		return build.digest;
	} finally {
		removeWorkFolder(folder);
	}
}
/** SOURCE_DATE_EPOCH as reproducible builds use it; else 1970, so that the same sources give the same digest. */
function epochSeconds(buildArgs) {
	const given = buildArgs.get("SOURCE_DATE_EPOCH") ?? "0";
	return /^\d{1,11}$/.test(given) ? Number(given) : 0;
}
// src/aws/ecr-login.ts
/** The token is base64 of `user:password`. */
async function readEcrLogin(aws, signal) {
	const { authorizationData = [] } = await aws.call("ecr:GetAuthorizationToken", {}, signal);
	const [data] = authorizationData;
	const decoded = Buffer.from(data?.authorizationToken ?? "", "base64").toString("utf8");
	const at = decoded.indexOf(":");
	if (data?.proxyEndpoint === void 0 || at < 1) throw new Error("ecr:GetAuthorizationToken answered without a token or an endpoint.");
	return {
		endpoint: data.proxyEndpoint,
		username: decoded.slice(0, at),
		password: decoded.slice(at + 1)
	};
}
// src/image/registry/copy.ts
/**
* Copies an image from one repository to another as it is: the same bytes under the same digests, attestations
* included. What is there already is not moved again.
*/
/** Answers how many layers and configurations moved. Rejects with ImageError where a tag holds something else. */
async function copyImage(from, to, digest, tags) {
	const top = await fetchManifest(from, digest);
	const counts = {
		copied: 0,
		mounted: 0,
		present: 0
	};
	await copyContent(from, to, top, counts);
	for (const tag of tags) await putManifest(to, tag, top);
	return counts;
}
async function copyContent(from, to, manifest, counts) {
	const parsed = JSON.parse(Buffer.from(manifest.bytes).toString("utf8"));
	if (isIndex(parsed.mediaType ?? manifest.mediaType)) for (const child of parsed.manifests ?? []) await copyContent(from, to, await fetchManifest(from, child.digest), counts);
	else for (const blob of [...parsed.layers ?? [], ...parsed.config === void 0 ? [] : [parsed.config]]) counts[await copyBlob(from, to, blob)]++;
	await putManifest(to, manifest.digest, manifest);
}
async function copyBlob(from, to, { digest, size }) {
	if (await to.registry.hasBlob(to.repository, digest)) return "present";
	if (from.registry.url === to.registry.url && await to.registry.mountBlob(to.repository, digest, from.repository)) return "mounted";
	await to.registry.uploadBlob(to.repository, {
		digest,
		size,
		open: () => from.registry.blob(from.repository, digest)
	});
	return "copied";
}
async function fetchManifest(from, reference) {
	const found = await from.registry.manifest(from.repository, reference);
	if (found !== void 0) return found;
	throw new ImageError("image-not-found", `${from.repository}@${reference} is not in ${from.registry.url}.`);
}
// src/image/registry/challenge.ts
function parseBearerChallenge(header) {
	const match = /^Bearer\s+(.*)$/is.exec(header ?? "");
	if (match === null) return void 0;
	const values = {};
	for (const [, key, quoted, plain] of match[1].matchAll(/([a-z]+)=(?:"([^"]*)"|([^,\s]+))/gi)) values[key.toLowerCase()] = quoted ?? plain ?? "";
	const { realm, service, scope } = values;
	return realm === void 0 ? void 0 : {
		realm,
		service,
		scope
	};
}
// src/image/registry/client.ts
/**
* A registry over the OCI distribution API: what the static builder and the checks after a push need.
* Every request is made again after a network error, a 5xx or a 429; bodies are opened anew each time.
* @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
*/
const pauses = {
	transientBaseMs: 250,
	throttledBaseMs: 1e3,
	longestPauseMs: 1e4,
	totalMs: 6e5
};
/** For requests without content to carry; transfers end when fetch hears nothing for five minutes. */
const answerTimeoutMs = 12e4;
var RegistryClient = class {
	#options;
	/** Bearer tokens by scope. */
	#tokens = /* @__PURE__ */ new Map();
	constructor(options) {
		this.#options = options;
	}
	get url() {
		return this.#options.url;
	}
	/** Undefined where there is no such manifest. The digest is computed here, not believed. */
	async manifest(repository, reference) {
		const response = await this.#send(`/v2/${repository}/manifests/${reference}`, {
			headers: { accept: imageMediaTypes.join(", ") },
			expected: [200, 404],
			scope: `repository:${repository}:pull`
		});
		const bytes = new Uint8Array(await response.arrayBuffer());
		if (response.status === 404) return void 0;
		const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
		if (reference.startsWith("sha256:") && reference !== digest) throw new ImageError("digest-differs", `${this.url} answered ${repository}@${reference} with content whose digest is ${digest}.`);
		return {
			mediaType: (response.headers.get("content-type") ?? "").split(";")[0].trim(),
			digest,
			bytes
		};
	}
	async blob(repository, digest) {
		const response = await this.#send(`/v2/${repository}/blobs/${digest}`, {
			expected: [200],
			scope: `repository:${repository}:pull`,
			transfer: true
		});
		return response.body === null ? Readable.from([]) : Readable.fromWeb(response.body);
	}
	/** Small blobs (configurations), checked against their digest; undefined where there is no such blob. */
	async blobBytes(repository, digest) {
		return this.#repeat(async () => {
			const response = await this.#send(`/v2/${repository}/blobs/${digest}`, {
				expected: [200, 404],
				scope: `repository:${repository}:pull`,
				once: true
			});
			const bytes = new Uint8Array(await response.arrayBuffer());
			if (response.status === 404) return void 0;
			const actual = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
			if (actual !== digest) throw new ImageError("digest-differs", `${this.url} answered blob ${digest} with ${actual}.`);
			return bytes;
		}, `download of ${digest}`);
	}
	async hasBlob(repository, digest) {
		return (await this.#send(`/v2/${repository}/blobs/${digest}`, {
			method: "HEAD",
			expected: [200, 404],
			scope: `repository:${repository}:pull,push`
		})).status === 200;
	}
	/** True when the registry could take the blob over from another of its repositories. */
	async mountBlob(repository, digest, from) {
		const response = await this.#send(`/v2/${repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`, {
			method: "POST",
			headers: { "content-length": "0" },
			expected: [
				201,
				202,
				400,
				404,
				405
			],
			scope: `repository:${repository}:pull,push`
		});
		await response.body?.cancel();
		return response.status === 201;
	}
	/** POST, PATCH with the whole content, PUT: the sequence every registry knows, ECR included. */
	async uploadBlob(repository, source) {
		const scope = `repository:${repository}:pull,push`;
		await this.#repeat(async () => {
			const begun = await this.#send(`/v2/${repository}/blobs/uploads/`, {
				method: "POST",
				headers: { "content-length": "0" },
				expected: [202],
				scope,
				once: true
			});
			await begun.body?.cancel();
			const patched = await this.#send(this.#location(begun), {
				method: "PATCH",
				headers: { "content-type": "application/octet-stream" },
				body: () => source.open(),
				bodyBytes: source.size,
				transfer: true,
				expected: [202],
				scope,
				once: true
			});
			await patched.body?.cancel();
			const target = new URL(this.#location(patched));
			target.searchParams.set("digest", source.digest);
			await (await this.#send(target.href, {
				method: "PUT",
				headers: { "content-length": "0" },
				expected: [201, 204],
				scope,
				once: true
			})).body?.cancel();
		}, `upload of ${source.digest}`);
	}
	/** Answers the status of the registry: 201, or a 4xx that the caller must understand. */
	async putManifest(repository, reference, mediaType, bytes) {
		const response = await this.#send(`/v2/${repository}/manifests/${reference}`, {
			method: "PUT",
			headers: { "content-type": mediaType },
			body: async () => bytes,
			bodyBytes: bytes.length,
			expected: [
				200,
				201,
				202,
				204,
				400,
				403,
				405,
				409
			],
			scope: `repository:${repository}:pull,push`
		});
		return {
			status: response.status,
			reason: registryReason(await response.text())
		};
	}
	#location(response) {
		const location = response.headers.get("location");
		if (location === null) throw new ImageError("registry-answer", `${this.url} began an upload without saying where.`);
		return new URL(location, this.url).href;
	}
	async #send(path, options) {
		if (options.once === true) return this.#attempt(path, options);
		return this.#repeat(() => this.#attempt(path, options), `request ${options.method ?? "GET"} ${path}`);
	}
	/** One attempt, and another with a token where the registry asks for one. */
	async #attempt(path, options) {
		const url = new URL(path, this.url).href;
		let response = await this.#fetch(url, options);
		if (response.status === 401) {
			const challenge = parseBearerChallenge(response.headers.get("www-authenticate"));
			await response.body?.cancel();
			if (challenge !== void 0) {
				const scope = challenge.scope ?? options.scope;
				const { realm, service } = challenge;
				this.#tokens.set(options.scope, await this.#fetchToken(realm, service, scope));
				response = await this.#fetch(url, options);
			}
		}
		if (options.expected.includes(response.status)) return response;
		const reason = registryReason(await response.text().catch(() => ""));
		const where = `${options.method ?? "GET"} ${new URL(url).pathname} at ${new URL(this.url).host}`;
		if (response.status === 429 || response.status >= 500) throw new TransientError(`${where} was answered with ${response.status}: ${reason}`, response.status === 429);
		if (response.status === 401 || response.status === 403) throw new ImageError("registry-denied", `The registry denies ${where} (${response.status}: ${reason}). Check the credentials of this job and the repository's policy.`);
		throw new ImageError("registry-answer", `${where} was answered with ${response.status}: ${reason}.`);
	}
	async #fetch(url, options) {
		const headers = { ...options.headers };
		if (new URL(url).origin === new URL(this.url).origin) {
			const authorization = this.#authorization(options.scope);
			if (authorization !== void 0) headers["authorization"] = authorization;
		}
		const body = await options.body?.();
		if (options.bodyBytes !== void 0) headers["content-length"] = String(options.bodyBytes);
		try {
			return await fetch(url, {
				method: options.method ?? "GET",
				headers,
				...body === void 0 ? {} : fetchBody(body),
				signal: options.transfer === true ? this.#options.signal : AbortSignal.any([this.#options.signal, AbortSignal.timeout(answerTimeoutMs)])
			});
		} catch (error) {
			throw this.#networkError(url, error);
		}
	}
	#authorization(scope) {
		const token = this.#tokens.get(scope);
		if (token !== void 0) return `Bearer ${token}`;
		const { credentials } = this.#options;
		if (credentials === void 0) return void 0;
		return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
	}
	async #fetchToken(realm, service, scope) {
		const url = new URL(realm);
		if (url.protocol !== "https:" && new URL(this.url).protocol === "https:") throw new ImageError("registry-answer", `${this.url} wants its token fetched without TLS, at ${realm}.`);
		if (service !== void 0) url.searchParams.set("service", service);
		url.searchParams.set("scope", scope);
		const { credentials } = this.#options;
		const headers = {};
		if (credentials !== void 0) headers["authorization"] = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
		let response;
		try {
			response = await fetch(url, {
				headers,
				signal: AbortSignal.any([this.#options.signal, AbortSignal.timeout(answerTimeoutMs)])
			});
		} catch (error) {
			throw this.#networkError(url.href, error);
		}
		if (response.status === 429 || response.status >= 500) throw new TransientError(`${url.host} gave no token: ${response.status}`, response.status === 429);
		const answer = await response.json().catch(() => ({}));
		const token = answer.token ?? answer.access_token;
		if (!response.ok || token === void 0) throw new ImageError("registry-denied", `${url.host} gives no token for ${scope} (${response.status}). The image may not exist, or may need a login.`);
		return token;
	}
	#networkError(url, error) {
		if (this.#options.signal.aborted) return new ImageError("cancelled", "The job was cancelled.");
		if (error instanceof ImageError) return error;
		const { message, cause } = error;
		return new TransientError(`${new URL(url).host}: ${cause?.code ?? cause?.message ?? message}`, false);
	}
	async #repeat(work, what) {
		const { attempts, clock, random, signal, onRetry } = this.#options;
		for (let attempt = 1;; attempt++) try {
			return await work();
		} catch (error) {
			const transient = error instanceof TransientError ? error : isBrokenBody(error) ? new TransientError(String(error.message), false) : void 0;
			if (transient === void 0) throw error;
			if (signal.aborted) throw new ImageError("cancelled", "The job was cancelled.");
			if (attempt >= attempts) throw new ImageError("registry-network", `The ${what} failed ${attempts === 1 ? "once" : `${attempts} times`}, last: ${transient.message}. Check the network of the runner, then run the job again: what has arrived is not sent twice.`);
			onRetry?.(`${transient.message}; trying again (${attempt + 1} of ${attempts})`);
			await clock.sleep(retryPauseMs(pauses, transient.throttled ? "throttled" : "transient", attempt, random()), signal);
		}
	}
};
var TransientError = class extends Error {
	throttled;
	constructor(message, throttled) {
		super(message);
		this.name = "TransientError";
		this.throttled = throttled;
	}
};
/** What fetch throws from a body whose connection ended: `TypeError: terminated`, or the socket's error. */
function isBrokenBody(error) {
	const { name, code } = error;
	return name === "TypeError" || code === "ECONNRESET" || code === "UND_ERR_SOCKET";
}
function fetchBody(body) {
	if (body instanceof Uint8Array) return { body };
	return {
		body: Readable.toWeb(body),
		duplex: "half"
	};
}
/** `{"errors":[{"code":"…","message":"…"}]}` as one phrase. */
function registryReason(body) {
	try {
		const { errors } = JSON.parse(body);
		const [first] = errors ?? [];
		if (first !== void 0) return [first.code, first.message].filter(Boolean).join(" ");
	} catch {}
	return body.replace(/\s+/g, " ").trim().slice(0, 200) || "no reason given";
}
// src/image/registry/registries.ts
function createRegistries(options) {
	const { login, overrideHost } = options;
	const url = new URL(overrideHost === void 0 ? login.endpoint : registryUrl(overrideHost)).origin;
	const own = new RegistryClient({
		...options,
		url,
		credentials: login
	});
	const ownHost = new URL(url).host;
	const ownHosts = /* @__PURE__ */ new Set([
		ownHost,
		options.repositoryUri.split("/")[0],
		new URL(login.endpoint).host
	]);
	const others = /* @__PURE__ */ new Map();
	return {
		own,
		ownHost,
		of: (host) => {
			if (ownHosts.has(host)) return own;
			let client = others.get(host);
			if (client === void 0) {
				const credentials = dockerLogin(options.dockerConfig ?? "{}", host);
				client = new RegistryClient({
					...options,
					url: registryUrl(host),
					...credentials === void 0 ? {} : { credentials }
				});
				others.set(host, client);
			}
			return client;
		}
	};
}
/** A login that `docker login` left in its configuration (not in a credential store). Pure. */
function dockerLogin(config, host) {
	const names = host === "registry-1.docker.io" ? [
		"https://index.docker.io/v1/",
		"docker.io",
		host
	] : [host, `https://${host}`];
	try {
		const { auths = {} } = JSON.parse(config);
		for (const name of names) {
			const decoded = Buffer.from(auths[name]?.auth ?? "", "base64").toString("utf8");
			const at = decoded.indexOf(":");
			if (at > 0) return {
				username: decoded.slice(0, at),
				password: decoded.slice(at + 1)
			};
		}
	} catch {}
}
// src/image/destinations.ts
/** Other registries of the same image: further regions and accounts to push to, and where an image is taken from. */
/** Logs in, with the password masked before anything else is done with it. */
async function logIn(job) {
	const { runner } = job.ports;
	const login = await readEcrLogin(job.aws, runner.cancelled);
	runner.mask(login.password);
	runner.mask(Buffer.from(`${login.username}:${login.password}`).toString("base64"));
	return login;
}
function registriesOf(job, login, host, uri) {
	return createRegistries({
		login,
		overrideHost: host,
		repositoryUri: uri,
		dockerConfig: readTextFile(`${job.ports.dockerFolder}/config.json`),
		attempts: job.request.pushAttempts,
		clock: job.ports.clock,
		random: job.ports.random,
		signal: job.ports.runner.cancelled,
		onRetry: (message) => job.event("image.retry", "warning", message)
	});
}
/** The same job with the AWS of another region. */
function jobIn(job, region) {
	const { ports } = job;
	return region === void 0 ? job : {
		...job,
		aws: withRetries(ports.awsIn(region), ports)
	};
}
/** The registry that a source names: the job's own, one of another region or account, or any that docker knows. */
async function sourceRegistry(job, source) {
	if (source.host === void 0) return job.registries.own;
	const region = parseEcrHost(source.host)?.region;
	if (region === void 0 || source.host === job.repository.uri.split("/")[0]) return job.registries.of(source.host);
	const elsewhere = jobIn(job, region);
	return registriesOf(elsewhere, await logIn(elsewhere), source.host, source.host).own;
}
/** Copies to each destination and reads every tag back. Answers the references by digest. */
async function pushEverywhere(job, image, destinations) {
	const references = [];
	for (const { host, region, repository = job.plan.repository } of destinations) {
		const there = jobIn(job, region);
		const login = await logIn(there);
		if (host === void 0 || new URL(login.endpoint).host === host) await findOrMakeRepository(there, repository, "images");
		const { own: registry, ownHost } = registriesOf(there, login, host, `${host ?? ""}/${repository}`);
		const counts = await copyImage({
			registry: job.registries.own,
			repository: job.repository.name
		}, {
			registry,
			repository
		}, image.digest, image.tags);
		for (const tag of image.tags) {
			const held = await registry.manifest(repository, tag);
			if (held?.digest !== image.digest) throw new ImageError("digest-differs", `After the copy, tag ${tag} of ${ownHost}/${repository} holds ${held?.digest ?? "nothing"}, not ${image.digest}.`);
		}
		job.event("image.copied", "info", `${ownHost}/${repository} holds ${image.digest}, too: ${counts.copied} blobs copied, ${counts.mounted} mounted, ${counts.present} there already.`);
		references.push(`${ownHost}/${repository}@${image.digest}`);
	}
	return references;
}
// src/image/fingerprint.ts
/**
* What an image was built from, as one hash, kept as a label: an immutable tag whose image has the same one needs no
* second build. The base image's content is not part of it (a tag of a base may move): the sources are.
*/
const inputsLabel = "io.github.ips-deploy-actions.inputs";
async function fingerprint(inputs) {
	const hash = createHash("sha256");
	const line = (...parts) => {
		hash.update(`${JSON.stringify(parts)}\n`);
	};
	line("dockerfile", await readDockerfile(inputs.dockerfile));
	line("target", inputs.target ?? "");
	line("platforms", ...[...inputs.platforms].sort());
	for (const [name, value] of [...inputs.buildArgs].sort(byName)) line("build-arg", name, value);
	for (const [name, value] of [...inputs.labels].sort(byName)) line("label", name, value);
	const { annotations, buildContexts, provenance, sbom } = inputs.buildx;
	for (const annotation of annotations) line("annotation", annotation);
	if (provenance !== "false" || sbom !== "false") line("attest", provenance, sbom);
	const contexts = [["", inputs.context], ...[...buildContexts].sort(byName)];
	for (const [name, place] of contexts) {
		if (name !== "") line("build-context", name, place);
		if (/^[a-z-]+:\/\/|^git@/.test(place)) continue;
		const context = await openContext(resolve(inputs.workspace, place), inputs.dockerfile);
		for (const entry of await walk(context)) {
			if (entry.path === ".git" || entry.path.startsWith(".git/")) continue;
			line(entry.type, entry.path, entry.mode, entry.size, entry.linkTarget ?? "");
			if (entry.type !== "file") continue;
			for await (const chunk of openContent(entry)) hash.update(chunk);
		}
	}
	return `sha256:${hash.digest("hex")}`;
}
function byName([one], [other]) {
	return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
// src/image/held-tags.ts
/** The immutable ones of `tags` that exist. */
async function readHeldTags(aws, registry, repository, tags) {
	const immutable = tags.filter((tag) => isImmutableTag(repository, tag));
	if (immutable.length === 0) return [];
	const images = await readEcrImages(aws, repository.name, immutable);
	const held = [];
	for (const [tag, image] of images) held.push({
		tag,
		image,
		inputs: await readInputsLabel(registry, repository.name, image)
	});
	return held;
}
/** Pure. Throws ImageError where a tag is taken by something else. */
function decideOnTags(held, inputs, canCompare) {
	const taken = held.find((each) => each.inputs !== inputs && (each.inputs !== void 0 || !canCompare));
	if (taken !== void 0) {
		const why = taken.inputs === void 0 ? "does not say what it was built from" : "was built from other sources or build arguments";
		throw new ImageError("tag-taken", `Tag ${taken.tag} is immutable and holds ${taken.image.digest}, which ${why}. Give another tag.`);
	}
	const digests = new Set(held.map((each) => each.image.digest));
	const [same] = held.filter((each) => each.inputs === inputs);
	if (same !== void 0 && digests.size > 1) throw new ImageError("tag-taken", `The immutable tags ${held.map((each) => each.tag).join(" and ")} hold different images: no single image can have them all.`);
	if (same !== void 0) return {
		kind: "reuse",
		image: same.image,
		from: same.tag
	};
	return held.length === 0 ? { kind: "build" } : { kind: "build-and-compare" };
}
async function readInputsLabel(registry, repository, image) {
	const [first] = platformImages(image, []);
	if (first === void 0) return void 0;
	return (await readImageConfig(registry, repository, first.digest))?.config?.Labels?.[inputsLabel];
}
function needlesOf(secrets) {
	const needles = [];
	const tooShort = [];
	for (const [name, value] of secrets) {
		const text = value.trim();
		if (text === "") continue;
		if (text.length < 8) {
			tooShort.push(name);
			continue;
		}
		const forms = /* @__PURE__ */ new Set([
			text,
			JSON.stringify(text).slice(1, -1),
			encodeURIComponent(text),
			...base64Forms(text)
		]);
		const lines = text.split(/\r?\n/).map((line) => line.trim());
		if (lines.length > 1) {
			const longest = lines.reduce((one, other) => other.length > one.length ? other : one);
			if (longest.length >= 16) forms.add(longest);
		}
		for (const form of forms) needles.push({
			name,
			bytes: Buffer.from(form, "utf8")
		});
	}
	return {
		needles,
		tooShort
	};
}
/** Base64 depends on what stands before: each of the three alignments, without the characters that neighbours change. */
function base64Forms(text) {
	return [
		0,
		1,
		2
	].flatMap((offset) => {
		const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text, "utf8")]).toString("base64");
		const from = [
			0,
			2,
			3
		][offset];
		const whole = Math.floor((offset + Buffer.byteLength(text, "utf8")) * 4 / 3);
		const form = encoded.slice(from, whole);
		return form.length >= 8 ? [form] : [];
	});
}
// src/image/placeholders.ts
/**
* The EC2 era's `#{NAME}#` in configuration files, filled in for the build. Pure. Settings go in; a value that is a
* secret is refused, for whatever is in an image can be read by all who can pull it.
*/
const placeholder = /#\{([A-Za-z0-9_.-]+)\}#/g;
function fillPlaceholders(files, values, secrets) {
	const problems = [];
	for (const [name, value] of values) {
		const secret = secretIn(value, secrets);
		if (secret !== void 0) problems.push(moveToSecretsManager(name, secret));
	}
	const used = /* @__PURE__ */ new Set();
	let count = 0;
	const filled = [];
	for (const { path, text } of files) {
		if (text === void 0) {
			problems.push(`${path} does not exist.`);
			continue;
		}
		const lines = text.split("\n").map((line, index) => line.replace(placeholder, (whole, name) => {
			const value = values.get(name);
			if (value === void 0) {
				problems.push(`${path} line ${index + 1}: #{${name}}# has no value.`);
				return whole;
			}
			used.add(name);
			count++;
			return escapeFor(path, value);
		}));
		filled.push({
			path,
			text: lines.join("\n")
		});
	}
	for (const name of values.keys()) if (!used.has(name)) problems.push(`#{${name}}# is in none of the files: ${files.map((each) => each.path).join(", ")}.`);
	return problems.length > 0 ? {
		kind: "refused",
		problems
	} : {
		kind: "filled",
		files: filled,
		count
	};
}
function secretIn(value, secrets) {
	for (const [name, secret] of secrets) {
		const text = secret.trim();
		if (text.length >= 8 && value.includes(text)) return name;
	}
}
/** The way out, with the lines for it; never the value. */
function moveToSecretsManager(name, secret) {
	const id = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
	return [
		`#{${name}}# would put the secret ${secret} into the image.`,
		`Keep it in Secrets Manager (aws secretsmanager create-secret --name ${id} --secret-string file://value.txt)`,
		`and give it to the container when it starts, under secrets of the task definition:`,
		`{"name": "${name}", "valueFrom": "arn:aws:secretsmanager:REGION:ACCOUNT:secret:${id}-XXXXXX"}.`
	].join(" ");
}
/** A value stays one value, whatever is in it. */
function escapeFor(path, value) {
	switch (posix.extname(path).toLowerCase()) {
		case ".json": return JSON.stringify(value).slice(1, -1);
		case ".xml":
		case ".config": return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;");
		default: return value;
	}
}
// src/image/scan/section.ts
/** Findings that are shown at most; the worst come first. */
const shown = 50;
function scanSections(verdict) {
	const sections = [];
	if (verdict.findings.length > 0) {
		const rest = verdict.findings.length - shown;
		sections.push({
			kind: "table",
			heading: `Scan findings (${verdict.findings.length})${rest > 0 ? `, the worst ${shown}` : ""}`,
			columns: [
				"severity",
				"finding",
				"package",
				"fixed in",
				"platforms",
				""
			],
			rows: verdict.findings.slice(0, shown).map((each) => [
				each.severity,
				each.name,
				each.package,
				each.fixedIn ?? "",
				each.platforms.join(", "),
				each.ignored !== void 0 ? `ignored until ${each.ignored.until}` : each.blocks ? "counts" : ""
			])
		});
	}
	if (verdict.expired.length > 0) sections.push({
		kind: "table",
		heading: "No longer ignored",
		columns: ["finding", "was ignored until"],
		rows: verdict.expired.map((each) => [each.name, each.until])
	});
	if (verdict.incomplete.length > 0) sections.push({
		kind: "text",
		heading: "Without a result",
		text: verdict.incomplete.join("\n")
	});
	return sections;
}
// src/image/result.ts
const outcomes = {
	pushed: "pushed",
	reused: "already there",
	copied: "copied"
};
function endedResult(ending, frame) {
	const { plan } = ending;
	if (ending.kind === "planned") return {
		ok: true,
		outputs: {
			repository: plan.repository,
			tags: plan.tags.join("\n"),
			built: "false"
		},
		report: report(frame, "planned", true, "Nothing was built: this was a dry run.", [["Tags", plan.tags.join(", ")], ["Builder", `${plan.builder}: ${plan.builderReason}`]])
	};
	const { image, scan, copies } = ending;
	const there = {
		pushed: `${plan.repository}@${image.digest} is in ECR.`,
		reused: `${plan.repository}@${image.digest} was in ECR already, built from the same sources.`,
		copied: `${plan.repository}@${image.digest} is in ECR, the same image as at its source.`
	}[ending.kind];
	const failed = scan?.outcome.kind === "failed";
	const facts = [
		["Image", image.reference],
		["Tags", image.tags.join(", ")],
		...image.platforms.length > 1 ? image.platforms.map(({ platform, digest }) => [platform, digest]) : [],
		...copies.map((copy) => ["Also in", copy]),
		["Builder", ending.kind === "pushed" ? plan.builder : "none needed"]
	];
	return {
		ok: !failed,
		outputs: {
			image: image.reference,
			digest: image.digest,
			repository: plan.repository,
			tags: image.tags.join("\n"),
			built: String(ending.kind === "pushed"),
			platforms: JSON.stringify(Object.fromEntries(image.platforms.map((each) => [each.platform, each.digest]))),
			scan: scan?.outcome.kind ?? "off",
			copies: copies.join("\n")
		},
		report: {
			...report(frame, failed ? "scan-failed" : outcomes[ending.kind], !failed, scan === void 0 ? there : `${there} ${scan.outcome.sentence}`, facts),
			...failed ? { remedy: "Update the base image or the package named, or give the finding to scan-ignore with a last day." } : {},
			sections: scan === void 0 ? [] : scanSections(scan.verdict)
		}
	};
}
function failedResult(error, frame) {
	return {
		ok: false,
		outputs: {},
		report: report(frame, error.code === "cancelled" ? "cancelled" : "failed", false, error.message, [])
	};
}
function report(frame, outcome, ok, sentence, facts) {
	const { events, startedAt, endedAt, repository } = frame;
	return {
		title: `Image of ${repository}`,
		outcome,
		ok,
		sentence,
		facts,
		events,
		sections: [],
		startedAt,
		endedAt
	};
}
// src/image/scan/policy.ts
/** The order of severities, and how long an exception holds. Pure. */
/** The first moment at which the entry no longer holds, epoch milliseconds. */
function expiresAt(entry) {
	return Date.parse(`${entry.until}T00:00:00Z`) + 864e5;
}
/** Severities no scanner of ECR orders (UNDEFINED, UNTRIAGED) count as the least. */
function rank(severity) {
	const at = severities.indexOf(severity);
	return at < 0 ? severities.length : at;
}
// src/image/scan/judge-scans.ts
const underWay = /* @__PURE__ */ new Set(["IN_PROGRESS", "PENDING"]);
const done = /* @__PURE__ */ new Set(["COMPLETE", "ACTIVE"]);
function judgeScans(policy, scans, now) {
	const incomplete = [];
	let pending = false;
	const byName = /* @__PURE__ */ new Map();
	for (const { platform, digest, scan } of scans) {
		const which = platform === "" ? digest.slice(0, 19) : platform;
		if (scan === void 0 || underWay.has(scan.status)) {
			pending = true;
			incomplete.push(`${which}: ${scan === void 0 ? "not scanned" : `the scan is ${scan.status}`}`);
			continue;
		}
		if (!done.has(scan.status)) {
			incomplete.push(`${which}: ${scan.status}${scan.description === "" ? "" : ` (${scan.description})`}`);
			continue;
		}
		for (const finding of scan.findings) {
			const key = `${finding.name}\n${finding.package}`;
			const known = byName.get(key);
			if (known === void 0) byName.set(key, {
				finding,
				platforms: [which]
			});
			else if (!known.platforms.includes(which)) known.platforms.push(which);
		}
	}
	const expired = /* @__PURE__ */ new Set();
	const findings = [...byName.values()].map(({ finding, platforms }) => {
		const entry = policy.ignored.find((each) => each.name.toUpperCase() === finding.name.toUpperCase());
		const holds = entry !== void 0 && now < expiresAt(entry);
		if (entry !== void 0 && !holds) expired.add(entry);
		return {
			...finding,
			platforms,
			ignored: holds ? entry : void 0,
			blocks: !holds && rank(finding.severity) <= rank(policy.threshold)
		};
	});
	findings.sort((one, other) => rank(one.severity) - rank(other.severity) || (one.name < other.name ? -1 : 1));
	return {
		findings,
		incomplete,
		pending,
		expired: [...expired]
	};
}
/** What the verdict means for the step. */
function scanOutcome(policy, verdict) {
	const blocking = verdict.findings.filter((finding) => finding.blocks);
	if (blocking.length > 0) {
		const names = [...new Set(blocking.map((finding) => `${finding.name} (${finding.severity})`))];
		const shown = names.slice(0, 3).join(", ");
		const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
		return {
			kind: policy.gate === "fail" ? "failed" : "warned",
			sentence: `The scan found ${names.length === 1 ? "a vulnerability" : `${names.length} vulnerabilities`} of severity ${policy.threshold} or worse: ${shown}${more}.`
		};
	}
	if (verdict.incomplete.length > 0) return {
		kind: policy.gate === "fail" && policy.incomplete === "fail" ? "failed" : "warned",
		sentence: `The image has no complete scan: ${verdict.incomplete.join("; ")}.`
	};
	const ignored = verdict.findings.filter((finding) => finding.ignored !== void 0).length;
	const lesser = verdict.findings.length - ignored;
	const rest = [...lesser > 0 ? [`${lesser} of less severity`] : [], ...ignored > 0 ? [`${ignored} ignored`] : []];
	return {
		kind: "passed",
		sentence: `The scan found nothing of severity ${policy.threshold} or worse${rest.length === 0 ? "" : ` (${rest.join(", ")})`}.`
	};
}
// src/aws/ecr-scan.ts
/** Pages of 1,000 findings that are read at most: more than that is beyond what a gate has to know. */
const pagesLimit = 20;
/** Undefined where the image was never scanned. */
async function readImageScan(aws, repositoryName, imageDigest, signal) {
	const findings = [];
	let nextToken;
	let status = "";
	let description = "";
	for (let page = 0; page < pagesLimit; page++) {
		const input = {
			repositoryName,
			imageId: { imageDigest },
			maxResults: 1e3,
			...nextToken === void 0 ? {} : { nextToken }
		};
		try {
			const answer = await aws.call("ecr:DescribeImageScanFindings", input, signal);
			status = answer.imageScanStatus?.status ?? "";
			description = answer.imageScanStatus?.description ?? "";
			for (const each of answer.imageScanFindings?.findings ?? []) {
				const attribute = (key) => each.attributes?.find((one) => one.key === key)?.value;
				findings.push({
					name: each.name ?? "unnamed",
					severity: each.severity ?? "UNDEFINED",
					package: words(attribute("package_name"), attribute("package_version")),
					fixedIn: void 0,
					uri: each.uri
				});
			}
			for (const each of answer.imageScanFindings?.enhancedFindings ?? []) {
				if (each.status !== void 0 && each.status !== "ACTIVE") continue;
				const details = each.packageVulnerabilityDetails;
				const first = details?.vulnerablePackages?.[0];
				findings.push({
					name: details?.vulnerabilityId ?? each.title ?? "unnamed",
					severity: each.severity ?? "UNDEFINED",
					package: words(first?.name, first?.version),
					fixedIn: first?.fixedInVersion,
					uri: details?.sourceUrl
				});
			}
			nextToken = answer.nextToken;
		} catch (error) {
			if (error instanceof AwsCallError && error.code === "ScanNotFoundException") return void 0;
			throw error;
		}
		if (nextToken === void 0) break;
	}
	return {
		status,
		description,
		findings
	};
}
/** Asks for a basic scan. False where ECR does not take the wish: it scans by itself, or has done so today. */
async function startImageScan(aws, repositoryName, imageDigest, signal) {
	try {
		await aws.call("ecr:StartImageScan", {
			repositoryName,
			imageId: { imageDigest }
		}, signal);
		return true;
	} catch (error) {
		if (!(error instanceof AwsCallError)) throw error;
		if (error.code === "ValidationException" || error.code === "LimitExceededException") return false;
		if (error.code === "UnsupportedImageTypeException") return false;
		throw error;
	}
}
function words(...parts) {
	return parts.filter((part) => part !== void 0 && part !== "").join(" ");
}
// src/image/scan/wait-for-scans.ts
const pollMs = 3e3;
/** A scan on push is there soon after the push: asking for one before that would be refused or doubled. */
const startsByItselfMs = 1e4;
async function waitForScans(aws, image, policy, ports) {
	const blind = image.platforms.map((each) => ({
		...each,
		scan: void 0
	}));
	return runEngine({
		initial: {
			asked: /* @__PURE__ */ new Set(),
			refused: /* @__PURE__ */ new Map(),
			scans: blind
		},
		timeoutMs: policy.timeoutMs,
		observe: () => Promise.all(image.platforms.map(async (each) => ({
			...each,
			scan: await readImageScan(aws, image.repository, each.digest, ports.cancelled)
		}))),
		decide(state, observed, { now, startedAt, deadlineAt, cancelled }) {
			const scans = observed.kind === "facts" ? observed.facts : state.scans;
			const next = {
				...state,
				scans
			};
			const verdict = judgeScans(policy, scans, now);
			if (observed.kind === "unreadable" && !observed.error.retryable) {
				const { operation, reason } = observed.error;
				const incomplete = [`${operation}: ${reason}`];
				return {
					kind: "finish",
					state: next,
					outcome: {
						...verdict,
						incomplete,
						pending: false
					}
				};
			}
			const readable = observed.kind === "facts";
			if (readable && !verdict.pending || cancelled || now >= deadlineAt) return {
				kind: "finish",
				state: next,
				outcome: withRefusals(verdict, next)
			};
			const unscanned = scans.find((each) => each.scan === void 0 && !state.asked.has(each.digest));
			if (readable && unscanned !== void 0 && now - startedAt >= startsByItselfMs) return {
				kind: "act",
				state: next,
				act: { digest: unscanned.digest }
			};
			return {
				kind: "wait",
				state: next,
				waitMs: pollMs
			};
		},
		async perform({ digest }, state) {
			await startImageScan(aws, image.repository, digest, ports.cancelled);
			return {
				...state,
				asked: /* @__PURE__ */ new Set([...state.asked, digest])
			};
		},
		refused: ({ digest }, { operation, reason }, state) => ({
			...state,
			asked: /* @__PURE__ */ new Set([...state.asked, digest]),
			refused: new Map([...state.refused, [digest, `${operation}: ${reason}`]])
		})
	}, ports);
}
/** What was not scanned in the end, and could not be asked for, says why. */
function withRefusals(verdict, { refused, scans }) {
	const whys = scans.flatMap(({ digest, scan }) => scan === void 0 ? refused.get(digest) ?? [] : []);
	return {
		...verdict,
		incomplete: [...verdict.incomplete, ...new Set(whys)]
	};
}
// src/image/scan/scan-gate.ts
/** The gate over ECR's scan. ECR scans what was pushed: it can only come after the push. */
/** Undefined where no gate was asked for. */
async function scanGate(job, image) {
	const { scan: policy, repository } = job.request;
	if (policy.gate === "off") return void 0;
	const { clock, runner } = job.ports;
	const what = image.platforms.length === 1 ? "the image" : `${image.platforms.length} platforms`;
	job.event("image.scan", "info", `Waiting for the scan of ${what}.`);
	const verdict = await waitForScans(job.aws, {
		repository,
		platforms: image.platforms
	}, policy, {
		clock,
		cancelled: runner.cancelled,
		record: (event) => job.record(event)
	});
	if (runner.cancelled.aborted) throw new ImageError("cancelled", "The job was cancelled during the scan.");
	const outcome = scanOutcome(policy, verdict);
	job.event(`image.scan-${outcome.kind}`, {
		passed: "info",
		warned: "warning",
		failed: "error"
	}[outcome.kind], outcome.sentence);
	return {
		verdict,
		outcome
	};
}
// src/image/verify.ts
/** What the registry holds now is the truth, not what a builder said. */
/** A read may lag the push a little. */
const attempts = 5;
const pauseMs = 1e3;
/** `asked` are the platforms it has to have; empty for an image that was made elsewhere. */
async function verifyPushed(job, digest, asked) {
	const { plan, repository } = job;
	const { clock, runner } = job.ports;
	for (let attempt = 1;; attempt++) {
		const images = await readEcrImages(job.aws, repository.name, plan.tags, runner.cancelled);
		const wrong = plan.tags.find((tag) => {
			const image = images.get(tag);
			return image === void 0 || image.digest !== digest || digestOf(image.manifest) !== digest;
		});
		const image = images.get(plan.tags[0]);
		if (wrong === void 0 && image !== void 0) return verifyPlatforms(job, image, asked);
		if (attempt >= attempts || runner.cancelled.aborted) {
			const held = images.get(wrong ?? "")?.digest ?? "nothing";
			throw new ImageError("digest-differs", `After the push, tag ${wrong} of ${repository.name} holds ${held}, not ${digest}: another run may have written it.`);
		}
		await clock.sleep(pauseMs, runner.cancelled);
	}
}
/** Each platform that was asked for has to be in it, and its manifest in the registry. */
async function verifyPlatforms(job, image, asked) {
	const { plan, repository } = job;
	const { digest } = image;
	const platforms = platformImages(image, asked);
	const missing = missingPlatforms(platforms, asked);
	if (missing.length > 0) throw new ImageError("platform-missing", `${plan.repository}@${digest} holds ${platforms.map((each) => each.platform).join(", ")}, not ${missing.join(", ")}.`);
	const children = platforms.map((each) => each.digest).filter((each) => each !== digest);
	const held = await readEcrDigests(job.aws, repository.name, children, job.ports.runner.cancelled);
	const lost = platforms.find((each) => each.digest !== digest && !held.has(each.digest));
	if (lost !== void 0) throw new ImageError("platform-missing", `The index ${digest} names ${lost.digest} for ${lost.platform}, which ECR does not hold.`);
	job.event("image.verified", "info", `ECR holds ${digest} under ${plan.tags.join(", ")}.`);
	return {
		reference: `${repository.uri}@${digest}`,
		digest,
		tags: plan.tags,
		platforms
	};
}
// src/image/build-push.ts
/** build-push-ecr: from a Dockerfile to an image in ECR whose digest was read back. */
async function buildPush(request, ports) {
	const startedAt = ports.clock.now();
	const events = [];
	const record = (event) => {
		events.push(event);
		ports.runner.info(renderLogLine(event, startedAt));
	};
	const job = {
		request,
		ports,
		aws: withRetries(ports.aws, ports),
		record,
		event: (code, level, message) => record({
			at: ports.clock.now(),
			code,
			level,
			message
		})
	};
	const frame = () => ({
		repository: request.repository,
		events,
		startedAt,
		endedAt: ports.clock.now()
	});
	for (const value of secretsOf(request).values()) if (value !== "") ports.runner.mask(value);
	let result;
	try {
		const restore = fillFiles(job);
		try {
			result = endedResult(await run(job), frame());
		} finally {
			restore();
		}
	} catch (error) {
		const known = asImageError(error);
		if (known === void 0) throw error;
		if (known.line !== void 0) ports.runner.annotate("error", known.message, {
			title: "build-push-ecr: Dockerfile",
			file: request.file ?? join(request.context, "Dockerfile"),
			startLine: known.line
		});
		job.event(`image.${known.code}`, "error", known.message);
		result = failedResult(known, frame());
	}
	if (request.reportPath !== void 0) await ports.writeFile(request.reportPath, `${JSON.stringify(result.report, null, 2)}\n`);
	return result;
}
async function run(job) {
	const { request, ports } = job;
	const facts = {
		run: ports.context,
		now: ports.clock.now()
	};
	const { promoteFrom } = request;
	if (promoteFrom !== void 0) {
		const plan = {
			...planPromotion(request, facts),
			...noBuilder
		};
		sayPlan(job, plan);
		if (request.dryRun) return {
			kind: "planned",
			plan
		};
		const ready = await prepare(job, plan);
		return finish(ready, await promote(ready, promoteFrom));
	}
	const dockerfileText = await readDockerfile(dockerfilePath(request, ports.context));
	const image = planBuild(request, facts);
	sayPlan(job, image);
	const builder = askForBuilder(job, dockerfileText);
	try {
		if (request.dryRun || request.builder === "static") await builder.answer();
		if (request.dryRun) return {
			kind: "planned",
			plan: {
				...image,
				...await builder.answer()
			}
		};
		const ready = await prepare(job, {
			...image,
			...noBuilder
		}, builder);
		return await finish(ready, await buildOrReuse(ready, builder));
	} finally {
		builder.withdraw();
	}
}
const noBuilder = {
	builder: "none",
	builderReason: "none needed"
};
async function prepare(job, plan, builder) {
	const { request } = job;
	const login = await logIn(job);
	const repository = await findOrMakeRepository(job, request.repository, "images", builder?.answer);
	const registries = registriesOf(job, login, request.registryHost, repository.uri);
	return {
		...job,
		plan,
		repository,
		registries,
		login,
		labels: plan.labels,
		needles: []
	};
}
async function finish(job, done) {
	const scan = await scanGate(job, done.image);
	const copies = scan?.outcome.kind === "failed" ? [] : await pushEverywhere(job, done.image, job.request.alsoPushTo);
	return {
		plan: job.plan,
		...done,
		scan,
		copies
	};
}
/** The very image, its digest unchanged. */
async function promote(job, source) {
	const { registries, repository, plan } = job;
	const from = {
		registry: await sourceRegistry(job, source),
		repository: source.repository
	};
	const found = await from.registry.manifest(source.repository, source.reference);
	if (found === void 0) throw new ImageError("image-not-found", `${source.repository} has no image ${source.reference} in ${from.registry.url}.`);
	const counts = await copyImage(from, {
		registry: registries.own,
		repository: repository.name
	}, found.digest, plan.tags);
	job.event("image.copied", "info", `${found.digest}: ${counts.copied} blobs copied, ${counts.mounted} mounted, ${counts.present} there already.`);
	return {
		kind: "copied",
		image: await verifyPushed(job, found.digest, [])
	};
}
async function buildOrReuse(job, builder) {
	const { request, repository, registries } = job;
	const needles = needlesIn(job);
	const inputs = await fingerprint({
		...job.plan,
		target: request.target,
		platforms: request.platforms,
		buildArgs: request.buildArgs,
		labels: request.labels,
		buildx: request.buildx,
		workspace: job.ports.context.workspace
	});
	const held = await readHeldTags(job.aws, registries.own, repository, job.plan.tags);
	const plan = held.every((each) => each.inputs === void 0) ? {
		...job.plan,
		...await builder.answer()
	} : job.plan;
	const decision = decideOnTags(held, inputs, plan.builder === "static");
	if (decision.kind === "reuse") {
		job.event("image.reused", "notice", `Tag ${decision.from} already holds an image of these very sources: nothing to build.`);
		const missing = plan.tags.filter((tag) => !held.some((each) => each.tag === tag));
		const to = {
			registry: registries.own,
			repository: repository.name
		};
		const image = {
			...decision.image,
			bytes: Buffer.from(decision.image.manifest, "utf8")
		};
		for (const tag of missing) await putManifest(to, tag, image);
		return {
			kind: "reused",
			image: await verifyPushed(job, image.digest, request.platforms)
		};
	}
	job.event("image.builder", "info", `Built by ${plan.builder} (${plan.builderReason}).`);
	if (plan.builder === "buildx" && request.buildx.cacheRepository !== void 0) await findOrMakeRepository(job, request.buildx.cacheRepository, "cache");
	const labels = new Map(plan.labels).set(inputsLabel, inputs);
	return {
		kind: "pushed",
		plan,
		image: await verifyPushed(job, await (plan.builder === "static" ? buildAndPushStatic : buildAndPushWithBuildx)({
			...job,
			plan,
			labels,
			needles
		}), request.platforms)
	};
}
function needlesIn({ request, event }) {
	const { needles, tooShort } = needlesOf(secretsOf(request));
	if (tooShort.length > 0) event("image.secret-too-short", "notice", `Too short to be searched for in the image (8 characters are needed): ${tooShort.join(", ")}.`);
	return needles;
}
/** Of the build and of the job: none of them may be in the image. */
function secretsOf(request) {
	return new Map([...request.buildx.secrets, ...request.searchForSecrets]);
}
/** Fills the placeholders in; answers with what puts the files back, for later steps and self-hosted runners. */
function fillFiles({ request, ports, event }) {
	if (request.placeholderFiles.length === 0) return () => void 0;
	const place = (path) => resolve(ports.context.workspace, path);
	const before = request.placeholderFiles.map((path) => ({
		path,
		text: readTextFile(place(path))
	}));
	const filling = fillPlaceholders(before, request.placeholders, secretsOf(request));
	if (filling.kind === "refused") throw new ImageError("placeholders", filling.problems.join("\n"));
	if (request.dryRun) return () => void 0;
	for (const { path, text } of filling.files) writeTextFile(place(path), text);
	event("image.placeholders", "info", `Filled in ${filling.count} ${filling.count === 1 ? "placeholder" : "placeholders"} for the build.`);
	return () => {
		for (const { path, text } of before) if (text !== void 0) writeTextFile(place(path), text);
	};
}
function sayPlan(job, plan) {
	job.event("image.planned", "info", `Image ${plan.repository} with ${plan.tags.length === 1 ? "tag" : "tags"} ${plan.tags.join(", ")}.`);
	if (plan.skippedTags.length > 0) job.event("image.tags-skipped", "info", `Left out, because this run is of no version tag: ${plan.skippedTags.join(", ")}.`);
}
function asImageError(error) {
	if (error instanceof ImageError) return error;
	if (error?.code === "ENOSPC") return new ImageError("disk-full", "The disk is full. Free space on the runner, or use a larger one.");
}
export { buildPush };
