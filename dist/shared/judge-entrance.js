import { formatCount } from "./count.js";
import { formatDuration } from "./start.js";
// src/cutover/inventory.ts
/** `file /srv/ips/uploads`, `cron nightly-report`: one a line. */
const line = /^(file|cron)[:\s]\s*(\S.*)$/i;
function judgeInventory(found, localFiles, cronJobs) {
	const findings = [];
	const answers = {
		file: whats(localFiles),
		cron: whats(cronJobs)
	};
	const inputs = {
		file: "local-files",
		cron: "cron-jobs"
	};
	let placed = 0;
	for (const text of linesOf(found)) {
		const parts = line.exec(text);
		if (parts === null) {
			findings.push({
				kind: "problem",
				sentence: `The list of the host has a line that is neither "file PATH" nor "cron JOB": ${text}`
			});
			continue;
		}
		const kind = parts[1].toLowerCase();
		const what = parts[2].trim();
		if (answers[kind].some((answer) => covers(kind, answer, what))) {
			placed++;
			continue;
		}
		findings.push({
			kind: "problem",
			sentence: `On the host there is ${kind === "file" ? "" : "the job "}${what}, and "${inputs[kind]}" says nothing of it.`
		});
	}
	if (findings.length === 0) findings.push({
		kind: "good",
		sentence: placed === 0 ? "Nothing was found on the host that has to move." : `All ${placed} things that were found on the host have a place.`
	});
	return findings;
}
/** A folder stands for all that is in it. */
function covers(kind, answer, what) {
	if (answer === what) return true;
	return kind === "file" && what.startsWith(`${answer.replace(/\/$/, "")}/`);
}
function whats(answers) {
	return linesOf(answers).filter((each) => each !== "none").map((each) => each.split("=>")[0].trim());
}
function linesOf(text) {
	return text.split("\n").map((each) => each.trim()).filter((each) => each !== "" && !each.startsWith("#"));
}
// src/cutover/names.ts
/** What the answers of name servers say of the way to the load balancer. Pure. */
/** Longer chains are loops. */
const longestChain = 10;
/** From one name by CNAME records to the last one, that included. */
function chainOf(name, records) {
	const chain = [name];
	while (chain.length <= longestChain) {
		const next = records.find((each) => each.type === "CNAME" && each.name === chain.at(-1))?.data;
		if (next === void 0) break;
		chain.push(next);
	}
	return chain;
}
function addressesOf(records) {
	return [...new Set(records.filter((each) => each.type === "A" || each.type === "AAAA").map((each) => each.data))];
}
/** TTL of the record at the name itself: what lies behind it is not the user's. */
function ttlAt(name, records) {
	const own = records.filter((each) => each.name === name && [
		"CNAME",
		"A",
		"AAAA"
	].includes(each.type));
	return own.length === 0 ? void 0 : Math.max(...own.map((each) => each.ttlSeconds));
}
function judgeName(name, loadBalancerName, maxTtlSeconds, facts) {
	const { answer, balancerAddresses } = facts;
	const problem = (sentence) => ({
		kind: "problem",
		sentence
	});
	if (answer.kind === "silent") return [problem(`The address of ${name} could not be asked for: ${answer.reason}.`)];
	const addresses = addressesOf(answer.records);
	if (answer.code !== "NOERROR" || addresses.length === 0) return [problem(`${name} leads nowhere: the name server says ${answer.code === "NOERROR" ? "no address" : answer.code}. Make its record first.`)];
	const chain = chainOf(name, answer.records);
	const last = chain.at(-1).replace(/^dualstack\./, "");
	const strange = addresses.filter((address) => !balancerAddresses.includes(address));
	const findings = [];
	if (last === loadBalancerName.replace(/^dualstack\./, "")) findings.push({
		kind: "good",
		sentence: `${name} is a name for the load balancer (${chain.slice(1).join(" → ")}).`
	});
	else if (strange.length === 0) findings.push({
		kind: "good",
		sentence: `${name} has the load balancer's addresses (${addresses.join(", ")}).`
	});
	else findings.push(problem(`${name} leads to ${strange.join(", ")}, and the load balancer ${loadBalancerName} is at ${balancerAddresses.join(", ") || "no address"}. Point the record at the load balancer.`));
	return [...findings, judgeTtl(name, maxTtlSeconds, facts.zoneTtlSeconds, ttlAt(name, answer.records))];
}
function judgeTtl(name, maxSeconds, zoneSeconds, rememberedSeconds) {
	const text = (seconds) => formatDuration(seconds * 1e3);
	const seconds = zoneSeconds ?? rememberedSeconds;
	if (seconds === void 0) return {
		kind: "problem",
		sentence: `The TTL of ${name} could not be read.`
	};
	if (seconds > maxSeconds) return {
		kind: "problem",
		sentence: `The record of ${name} has a TTL of ${text(seconds)}, and ${text(maxSeconds)} is the most. Lower it, and wait for as long as the old one was.`
	};
	return zoneSeconds === void 0 ? {
		kind: "note",
		sentence: `A name server remembers the record of ${name} for ${text(seconds)} more. What its TTL is the zone's own servers know, and they do not answer this runner.`
	} : {
		kind: "good",
		sentence: `The record of ${name} has a TTL of ${text(seconds)}.`
	};
}
// src/cutover/judge-entrance.ts
const dayMs = 864e5;
/** A chain that is longer than this leads nowhere. */
const mostRedirects = 5;
const good = (sentence) => ({
	kind: "good",
	sentence
});
const problem = (sentence) => ({
	kind: "problem",
	sentence
});
const note = (sentence) => ({
	kind: "note",
	sentence
});
/** `now`: epoch milliseconds. */
function judgeEntrance(request, facts, now) {
	const { publicUrl, loadBalancerName, maxTtlSeconds, found, localFiles, cronJobs } = request;
	const findings = [...judgeName(publicUrl.hostname, loadBalancerName, maxTtlSeconds, facts.name)];
	findings.push(...judgeCertificate(request, facts.paths, now));
	for (const path of facts.paths) if (!isRefused(path.hops[0].answer)) findings.push(judgePath(path));
	if (facts.forwarded !== void 0 && !isRefused(facts.forwarded.answer)) findings.push(...judgeForwarded(publicUrl, facts.forwarded));
	if (request.mode === "end") return [...findings, ...judgeEnd(request, facts)];
	if (facts.old !== void 0) findings.push(judgeOld(request.oldAddress, facts.old));
	if (found !== void 0) findings.push(...judgeInventory(found, localFiles, cronJobs));
	return findings;
}
function judgeCertificate({ publicUrl, plainHttp, certificateDays }, paths, now) {
	if (publicUrl.protocol === "http:") return plainHttp === "accept" ? [note("Clients come by plain HTTP; that is accepted.")] : [problem("Clients come by plain HTTP. Give the listener a certificate, or accept it with \"plain-http\".")];
	const answers = paths.map(({ hops }) => hops[0].answer);
	const refused = answers.find(isRefused);
	if (refused !== void 0) return [problem(`The certificate is not good for ${publicUrl.hostname}: ${refused.reason}.`)];
	const ends = answers.flatMap((answer) => answer.kind === "answered" && answer.certificateEndsAt !== void 0 ? [answer.certificateEndsAt] : []);
	if (ends.length === 0) return [];
	const days = Math.floor((Math.min(...ends) - now) / dayMs);
	return [days < certificateDays ? problem(`The certificate ends in ${days} days, and ${certificateDays} are the least.`) : good(`The certificate covers ${publicUrl.hostname} and is good for ${days} days.`)];
}
function isRefused(answer) {
	return answer.kind === "failed" && answer.certificate;
}
function judgePath({ path, hops }) {
	const { answer, url } = hops.at(-1);
	if (answer.kind === "failed") return problem(`${path} gets no answer through the load balancer: ${answer.reason}.`);
	if (hops.slice(0, -1).some((hop) => hop.url === url) || hops.length > 5) return problem(`${path} is redirected in a circle (${url}). Behind a load balancer the application sees plain HTTP: let it take the scheme from X-Forwarded-Proto.`);
	if (answer.status >= 500) return problem(`${path} is answered with ${answer.status} through the load balancer.`);
	const way = hops.length === 1 ? "" : `, after ${hops.length - 1} ${hops.length === 2 ? "redirect" : "redirects"}`;
	return good(`${path} is answered with ${answer.status} through the load balancer${way}.`);
}
/** What the application takes for scheme and address of its client. */
function judgeForwarded(publicUrl, { claimed, answer }) {
	if (answer.kind === "failed" || answer.status >= 300) {
		const what = answer.kind === "failed" ? answer.reason : `status ${answer.status}`;
		return [problem(`The path that shows the forwarded headers does not answer: ${what}.`)];
	}
	const scheme = publicUrl.protocol.replace(":", "");
	const findings = [];
	findings.push(new RegExp(`\\b${scheme}\\b`, "i").test(answer.body) ? good(`The application knows that its client came by ${scheme}.`) : problem(`The application does not know that its client came by ${scheme}: it does not read X-Forwarded-Proto.`));
	const addresses = answer.body.match(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g) ?? [];
	if (addresses.includes(claimed)) findings.push(note("The application takes the first address of X-Forwarded-For, which any client can write. The last one is what the load balancer saw."));
	else if (addresses.some((address) => !isPrivate(address))) findings.push(good("The application knows the address of its client."));
	else findings.push(problem(`The application takes ${addresses[0] ?? "nothing"} for the address of its client: it does not read X-Forwarded-For.`));
	return findings;
}
/** Addresses of networks of one's own, such as the load balancer's. */
function isPrivate(address) {
	const [first = 0, second = 0] = address.split(".").map(Number);
	return first === 10 || first === 172 && second >= 16 && second < 32 || first === 192 && second === 168 || first === 100 && second >= 64 && second < 128;
}
function judgeOld(oldAddress, answer) {
	if (answer.kind === "failed" || answer.status >= 500) {
		const what = answer.kind === "failed" ? answer.reason : `status ${answer.status}`;
		return problem(`The host does not answer at its old address ${oldAddress.origin} (${what}): clients that remember it are cut off. Keep it until they are gone.`);
	}
	return good(`The host still answers at its old address ${oldAddress.origin}.`);
}
/** Whether the host may go. */
function judgeEnd({ oldAddress, directRequests = 0, publicUrl }, { name }) {
	const findings = [];
	const addresses = name.answer.kind === "answer" ? addressesOf(name.answer.records) : [];
	if (oldAddress !== void 0 && addresses.includes(oldAddress.hostname)) findings.push(problem(`${publicUrl.hostname} still leads to the host (${oldAddress.hostname}).`));
	findings.push(directRequests === 0 ? good("No request has come to the host past the load balancer.") : problem(`${formatCount(directRequests)} requests have come to the host past the load balancer: its old address is still in use.`));
	return findings;
}
export { addressesOf, isPrivate, judgeEntrance, mostRedirects, ttlAt };
