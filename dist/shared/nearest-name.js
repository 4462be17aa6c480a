// src/taskdef/json.ts
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
/** The objects of a list; everything else is left to ECS to refuse. */
function objectsOf(value) {
	return Array.isArray(value) ? value.filter(isObject) : [];
}
/** Where something is: `/containerDefinitions/0/image` (RFC 6901). */
function pointer(parts) {
	return parts.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
// src/taskdef/report-problem.ts
/** `from`, `to` inclusive; what is absent is fine. */
function checkRange(value, from, to, path, say) {
	if (value === void 0 || value === null) return;
	if (typeof value === "number" && value >= from && value <= to) return;
	say("range", path, `${path.at(-1)} is from ${from} to ${to}; ${shown(value)} is not.`);
}
function textsIn(value) {
	return Array.isArray(value) ? value.filter((entry) => typeof entry === "string") : [];
}
function shown(value) {
	return value === void 0 ? "nothing" : JSON.stringify(value);
}
/** Empty lists, maps and texts say nothing: ECS answers many of them. */
function saysSomething(value) {
	if (value === void 0 || value === null || value === false || value === "") return false;
	return typeof value !== "object" || Object.keys(value).length > 0;
}
// src/taskdef/fargate-size.ts
/** By CPU units. */
const sizes = /* @__PURE__ */ new Map([
	[256, {
		lowest: 512,
		highest: 2048,
		step: 512
	}],
	[512, {
		lowest: 1024,
		highest: 4096,
		step: 1024
	}],
	[1024, {
		lowest: 2048,
		highest: 8192,
		step: 1024
	}],
	[2048, {
		lowest: 4096,
		highest: 16384,
		step: 1024
	}],
	[4096, {
		lowest: 8192,
		highest: 30720,
		step: 1024
	}],
	[8192, {
		lowest: 16384,
		highest: 61440,
		step: 4096
	}],
	[16384, {
		lowest: 32768,
		highest: 122880,
		step: 8192
	}]
]);
/** Undefined when Fargate has this size. */
function checkFargateSize(cpuGiven, memoryGiven) {
	const cpu = units(cpuGiven, "vcpu");
	const range = cpu === void 0 ? void 0 : sizes.get(cpu);
	if (range === void 0) return {
		field: "cpu",
		message: `Fargate takes cpu ${[...sizes.keys()].join(", ")}; ${shown(cpuGiven)} is not one of them.`
	};
	const memory = units(memoryGiven, "gb");
	const { lowest, highest, step } = range;
	if (memory !== void 0 && memory >= lowest && memory <= highest && (cpu === 256 ? [
		512,
		1024,
		2048
	].includes(memory) : memory % step === 0)) return void 0;
	return {
		field: "memory",
		message: `Fargate with cpu ${cpu} takes memory ${cpu === 256 ? "512, 1024 or 2048" : `${lowest} to ${highest} in steps of ${step}`} (MiB); ${shown(memoryGiven)} is not.`
	};
}
/** The smallest size with at least this much; the largest one where none has. */
function smallestFargateSize(cpuUnits, memoryMiB) {
	for (const [cpu, { lowest, highest, step }] of sizes) {
		if (cpu < cpuUnits || highest < memoryMiB) continue;
		const memory = lowest + Math.max(0, Math.ceil((memoryMiB - lowest) / step)) * step;
		return {
			cpu: String(cpu),
			memory: String(cpu === 256 && memory > 1024 ? 2048 : memory)
		};
	}
	return {
		cpu: "16384",
		memory: "122880"
	};
}
function cpuUnitsOf(value) {
	return units(value, "vcpu");
}
function memoryMiBOf(value) {
	return units(value, "gb");
}
/** `512`, `.5 vCPU`, `1 GB`: CPU units or MiB. */
function units(value, unit) {
	const match = /^(\d*\.?\d+)\s*(vcpu|gb)?$/i.exec(typeof value === "string" ? value.trim() : "");
	if (match === null) return void 0;
	if (match[2] === void 0) return Number(match[1]);
	return match[2].toLowerCase() === unit ? Number(match[1]) * 1024 : void 0;
}
// src/taskdef/nearest-name.ts
/** Guessing which name was meant. Pure. */
/** The known name that a slip of the keyboard (or of upper and lower case) away is the one given. */
function nearestName(given, known) {
	const lower = given.toLowerCase();
	const sameLetters = known.find((name) => name.toLowerCase() === lower);
	if (sameLetters !== void 0) return sameLetters;
	let best;
	let bestDistance = Number.POSITIVE_INFINITY;
	for (const name of known) {
		const allowed = name.length >= 8 ? 2 : name.length >= 4 ? 1 : 0;
		const distance = editDistance(lower, name.toLowerCase());
		if (distance <= allowed && distance < bestDistance) {
			best = name;
			bestDistance = distance;
		}
	}
	return best;
}
/** Insertions, deletions, replacements and swaps of neighbours. */
function editDistance(one, other) {
	let beforeLast = [];
	let last = Array.from({ length: other.length + 1 }, (_, index) => index);
	for (let row = 1; row <= one.length; row++) {
		const current = [row];
		for (let column = 1; column <= other.length; column++) {
			const same = one[row - 1] === other[column - 1];
			let cost = Math.min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1));
			if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) cost = Math.min(cost, beforeLast[column - 2] + 1);
			current.push(cost);
		}
		beforeLast = last;
		last = current;
	}
	return last[other.length];
}
export { checkFargateSize, checkRange, cpuUnitsOf, isObject, memoryMiBOf, nearestName, objectsOf, pointer, saysSomething, shown, smallestFargateSize, textsIn };
