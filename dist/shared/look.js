import { addressesOf, ttlAt } from "./judge-entrance.js";
// src/cutover/look.ts
/** A load balancer has up to eight addresses in one answer, and may have more. */
const balancerQuestions = 3;
/** Servers of a zone that are asked before the TTL stays unknown. */
const zoneServers = 2;
async function lookAtEntrance(request, ports) {
	const { publicUrl, paths, forwardedPath, oldAddress } = request;
	const name = await lookAtName(request, ports);
	const address = name.answer.kind === "answer" ? addressesOf(name.answer.records)[0] : void 0;
	const get = (url, headers) => address === void 0 ? Promise.resolve({
		kind: "failed",
		reason: "its name has no address",
		certificate: false
	}) : ports.httpGet(url, {
		address,
		...headers === void 0 ? {} : { headers }
	});
	const claimed = `198.51.100.${1 + Math.floor(ports.random() * 254)}`;
	const [pathFacts, forwarded, old] = await Promise.all([
		Promise.all(paths.map((path) => followPath(publicUrl, path, get))),
		forwardedPath === void 0 ? void 0 : get(new URL(forwardedPath, publicUrl), { "x-forwarded-for": claimed }).then((answer) => ({
			claimed,
			answer
		})),
		oldAddress === void 0 || request.mode === "end" ? void 0 : ports.httpGet(new URL(paths[0] ?? "/", oldAddress), { headers: { host: publicUrl.host } })
	]);
	return {
		name,
		paths: pathFacts,
		forwarded,
		old
	};
}
/** Redirects within the service are followed; one that leads elsewhere is an answer. */
async function followPath(publicUrl, path, get) {
	let url = new URL(path, publicUrl);
	const hops = [];
	for (;;) {
		const answer = await get(url);
		const seen = hops.some((hop) => hop.url === url.href);
		hops.push({
			url: url.href,
			answer
		});
		const location = answer.kind === "answered" && isRedirect(answer.status) ? answer.location : void 0;
		if (seen || location === void 0 || !URL.canParse(location, url.href) || hops.length > 5) break;
		const next = new URL(location, url);
		if (next.host !== publicUrl.host) break;
		url = next;
	}
	return {
		path,
		hops
	};
}
function isRedirect(status) {
	return status >= 300 && status < 400 && status !== 304;
}
async function lookAtName(request, ports) {
	const servers = request.dnsServers.length > 0 ? request.dnsServers : ports.systemServers();
	const host = request.publicUrl.hostname;
	const ask = (name, type) => firstAnswer(servers, name, type, ports);
	const both = async (name) => joined(await ask(name, "A"), await ask(name, "AAAA"));
	const answer = await both(host);
	const balancerAddresses = /* @__PURE__ */ new Set();
	for (let count = 0; count < balancerQuestions; count++) {
		const balancer = await both(request.loadBalancerName);
		if (balancer.kind === "answer") for (const each of addressesOf(balancer.records)) balancerAddresses.add(each);
	}
	const zoneTtlSeconds = answer.kind === "answer" && answer.authoritative ? ttlAt(host, answer.records) : await readZoneTtl(host, ask, ports);
	return {
		answer,
		balancerAddresses: [...balancerAddresses],
		zoneTtlSeconds
	};
}
/** Addresses of both kinds; the second question adds to what the first was answered. */
function joined(one, other) {
	if (one.kind === "silent" || other.kind === "silent") return one.kind === "silent" ? other : one;
	return {
		...one,
		records: [...one.records, ...other.records]
	};
}
async function firstAnswer(servers, name, type, { askDns, random }) {
	let last = {
		kind: "silent",
		reason: "this machine knows no name server"
	};
	for (const server of servers) {
		last = await askDns(server, name, type, {
			recurse: true,
			random
		});
		if (last.kind === "answer" && last.code !== "SERVFAIL" && last.code !== "REFUSED") return last;
	}
	return last;
}
/** A server that remembers counts the TTL down: only those of the zone have the whole of it. */
async function readZoneTtl(host, ask, { askDns, random, zonePort = 53 }) {
	const labels = host.split(".");
	for (let start = 0; start < labels.length - 1; start++) {
		const answer = await ask(labels.slice(start).join("."), "NS");
		const names = answer.kind === "answer" ? answer.records.filter((each) => each.type === "NS").map((each) => each.data) : [];
		if (names.length === 0) continue;
		for (const name of names.slice(0, zoneServers)) {
			const where = await ask(name, "A");
			const [address] = where.kind === "answer" ? addressesOf(where.records) : [];
			if (address === void 0) continue;
			const told = await askDns({
				address,
				port: zonePort
			}, host, "A", {
				recurse: false,
				random
			});
			const seconds = told.kind === "answer" && told.authoritative ? ttlAt(host, told.records) : void 0;
			if (seconds !== void 0) return seconds;
		}
		return;
	}
}
export { lookAtEntrance };
