import { checked, choice, createRunner, duration, escapeMarkdown, integer, list, matching, optional, parseFields, readRawInputs, tellBadInputs, text, withDefault } from "../shared/start.js";
import { getServers } from "node:dns";
// src/inputs/cutover-check.ts
/** Inputs of the cutover-check action. */
function origin(allowed) {
	return {
		allowed,
		parse: (given) => {
			const url = /^https?:\/\/[^\s/?#@]+\/?$/.test(given) && URL.canParse(given) ? new URL(given) : void 0;
			return url === void 0 ? {
				ok: false,
				allowed
			} : {
				ok: true,
				value: url
			};
		}
	};
}
/** `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:53`. */
function dnsServer() {
	const allowed = "IP addresses of name servers, with a port or without";
	return {
		allowed,
		parse: (given) => {
			const [, bracketed, plain, port = "53"] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+|[0-9a-f:]*:[0-9a-f:.]*:[0-9a-f:.]*?))(?::(\d{1,5}))?$/i.exec(given) ?? [];
			const address = bracketed ?? plain;
			const number = Number(port);
			return address === void 0 || number < 1 || number > 65535 ? {
				ok: false,
				allowed
			} : {
				ok: true,
				value: {
					address,
					port: number
				}
			};
		}
	};
}
const path = matching(/^\/\S*$/, "a path that begins with /");
const fields = {
	mode: withDefault(choice("begin", "end"), "begin"),
	"public-url": origin("what clients type, scheme and host only, such as https://api.example.com"),
	"load-balancer-dns-name": matching(/^[A-Za-z0-9.-]{1,253}$/, "the DNS name of the load balancer"),
	"max-dns-ttl": withDefault(duration(1e3, 864e5), 3e5),
	"dns-servers": withDefault(list(dnsServer()), []),
	paths: withDefault(list(path), ["/"]),
	"forwarded-path": optional(path),
	"certificate-days": withDefault(integer(0, 3650), 14),
	"old-address": optional(origin("where the host answers by itself, such as http://203.0.113.10:5000")),
	"plain-http": withDefault(choice("refuse", "accept"), "refuse"),
	found: optional(text("what was found on the host")),
	"local-files": withDefault(text("PATH => PLACE, one a line, or none"), ""),
	"cron-jobs": withDefault(text("JOB => PLACE, one a line, or none"), ""),
	"direct-requests": optional(integer(0, 1e9))
};
function parseCutoverCheck(raw) {
	const parsed = parseFields(fields, raw);
	if (!parsed.ok) return parsed;
	const given = parsed.request;
	const problems = [];
	if (given.mode === "end" && given["direct-requests"] === void 0) problems.push({
		input: "direct-requests",
		given: "(nothing)",
		allowed: "in mode end, how many requests came to the host past the load balancer since yesterday"
	});
	return checked({
		mode: given.mode,
		publicUrl: given["public-url"],
		loadBalancerName: given["load-balancer-dns-name"].toLowerCase().replace(/\.$/, ""),
		maxTtlSeconds: Math.floor(given["max-dns-ttl"] / 1e3),
		dnsServers: given["dns-servers"],
		paths: given.paths,
		forwardedPath: given["forwarded-path"],
		certificateDays: given["certificate-days"],
		oldAddress: given["old-address"],
		plainHttp: given["plain-http"],
		found: given.found,
		localFiles: given["local-files"],
		cronJobs: given["cron-jobs"],
		directRequests: given["direct-requests"]
	}, problems);
}
// src/main/cutover-check.ts
/** Entry of the cutover-check action: it asks name servers and the service itself, and no AWS. */
const runner = createRunner(process.env, (text) => void process.stdout.write(text));
const marks = {
	good: "✅",
	note: "ℹ️",
	problem: "❌"
};
/** `192.0.2.53`, or with a port where it is another one. */
function systemServers() {
	return getServers().map((server) => {
		const [, bracketed, port] = /^\[(.+)\](?::(\d+))?$/.exec(server) ?? [];
		const [, plain, plainPort] = /^([0-9.]+)(?::(\d+))?$/.exec(server) ?? [];
		return {
			address: bracketed ?? plain ?? server,
			port: Number(port ?? plainPort ?? 53)
		};
	});
}
async function run() {
	const parsed = parseCutoverCheck(readRawInputs(process.env, Object.keys(fields)));
	if (!parsed.ok) {
		tellBadInputs(runner, "cutover-check", parsed.problems);
		return false;
	}
	const { request } = parsed;
	const [{ lookAtEntrance }, { judgeEntrance }, { askDns }, { httpGet }] = await Promise.all([
		import("../shared/look.js"),
		import("../shared/judge-entrance2.js"),
		import("../shared/ask-dns.js"),
		import("../shared/http-get.js")
	]);
	const findings = judgeEntrance(request, await lookAtEntrance(request, {
		askDns,
		httpGet,
		systemServers,
		random: Math.random
	}), Date.now());
	const problems = findings.filter(({ kind }) => kind === "problem");
	for (const { kind, sentence } of findings) if (kind === "problem") runner.annotate("error", sentence, { title: "cutover-check" });
	else runner.info(`${marks[kind]} ${sentence}`);
	const title = {
		begin: problems.length === 0 ? "✅ Seen from outside" : "❌ Seen from outside, nothing was changed",
		end: problems.length === 0 ? "✅ The host may be stopped" : "❌ The host is still needed"
	}[request.mode];
	const lines = findings.map(({ kind, sentence }) => `- ${marks[kind]} ${escapeMarkdown(sentence)}`);
	runner.summary(`### ${title}\n\n${lines.join("\n")}`);
	runner.setOutput("outcome", problems.length === 0 ? "good" : "problems");
	runner.setOutput("problems", JSON.stringify(problems.map(({ sentence }) => sentence)));
	return problems.length === 0;
}
try {
	process.exitCode = await run() ? 0 : 1;
} catch (error) {
	runner.annotate("error", error.message, { title: "cutover-check" });
	process.exitCode = 1;
}
export {};
