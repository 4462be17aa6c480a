import { ConfigurationError } from "./configuration-error.js";
// src/aws/elb-forward.ts
/** Of a rule, `arn:…:listener-rule/app/name/lb/listener/rule`, by its name. */
function listenerArnOf(location) {
	if (location.kind !== "rule") return location.listenerArn;
	const { ruleArn } = location;
	return ruleArn.slice(0, ruleArn.lastIndexOf("/")).replace(":listener-rule/", ":listener/");
}
/**
* Reads the forward as it is now. Throws `ConfigurationError` `no-forward` where the rule does not forward,
* `AwsCallError` `not-found` where it does not exist.
*/
async function readForward(caller, location) {
	if (location.kind === "rule") {
		const { Rules: rules = [] } = await caller.call("elasticloadbalancing:DescribeRules", { RuleArns: [location.ruleArn] });
		const rule = rules[0];
		if (rule === void 0) throw notThere(location);
		if (rule.IsDefault === true) return readForward(caller, {
			kind: "default-action",
			listenerArn: listenerArnOf(location)
		});
		return toForward(location, listenerArnOf(location), rule.Priority ?? "", rule.Conditions ?? [], rule.Actions ?? []);
	}
	const { Listeners: listeners = [] } = await caller.call("elasticloadbalancing:DescribeListeners", { ListenerArns: [location.listenerArn] });
	const listener = listeners[0];
	if (listener === void 0) throw notThere(location);
	return toForward(location, location.listenerArn, "default", [], listener.DefaultActions ?? []);
}
/**
* Writes the weights given and keeps every other field, action and group of `current` (which should have
* been read just before). A group that the rule does not hold yet is added. Repeatable. A later `readForward`
* confirms it.
*/
async function writeWeights(caller, current, weights) {
	const { location } = current;
	const actions = withWeights(current.actions, weights);
	if (location.kind === "rule") await caller.call("elasticloadbalancing:ModifyRule", {
		RuleArn: location.ruleArn,
		Actions: actions
	});
	else await caller.call("elasticloadbalancing:ModifyListener", {
		ListenerArn: location.listenerArn,
		DefaultActions: actions
	});
}
/** The same groups with the same weights, whatever their order; a group at 0 equals a group that is not there. */
function sameSplit(one, other) {
	return isWithin(one, other) && isWithin(other, one);
}
function isWithin(split, other) {
	return split.every(({ targetGroupArn: arn, weight }) => weight === (other.find((group) => group.targetGroupArn === arn)?.weight ?? 0));
}
/**
* The actions of a rule that is there, with new weights in its forward. A login by OIDC keeps its client secret:
* ELB never shows it, and takes no such action back without it or this flag. Pure.
* @see https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html
*/
function withWeights(actions, weights) {
	return actions.map((action) => {
		if (action.AuthenticateOidcConfig !== void 0) {
			const { ClientSecret: _never, ...config } = action.AuthenticateOidcConfig;
			return {
				...action,
				AuthenticateOidcConfig: {
					...config,
					UseExistingClientSecret: true
				}
			};
		}
		if (action.Type !== "forward") return action;
		const split = splitOf([action]);
		const kept = split.map((group) => weights.find((wanted) => wanted.targetGroupArn === group.targetGroupArn) ?? group);
		const added = weights.filter((wanted) => !split.some((group) => group.targetGroupArn === wanted.targetGroupArn));
		const { TargetGroupArn: _short, ...rest } = action;
		return {
			...rest,
			ForwardConfig: {
				...action.ForwardConfig,
				TargetGroups: [...kept, ...added].map((group) => ({
					TargetGroupArn: group.targetGroupArn,
					Weight: group.weight
				}))
			}
		};
	});
}
/** Groups of the forward among `actions`; empty where nothing is forwarded. Weight is 1 where ELB leaves it out. */
function splitOf(actions) {
	const forward = actions.find((action) => action.Type === "forward");
	if (forward === void 0) return [];
	const listed = forward.ForwardConfig?.TargetGroups;
	if (listed !== void 0 && listed.length > 0) return listed.map((group) => ({
		targetGroupArn: group.TargetGroupArn ?? "",
		weight: group.Weight ?? 1
	}));
	return forward.TargetGroupArn === void 0 ? [] : [{
		targetGroupArn: forward.TargetGroupArn,
		weight: 1
	}];
}
/** Seconds a client stays with the group it met first; undefined where stickiness is off. */
function stickinessOf(actions) {
	const stickiness = actions.find((action) => action.Type === "forward")?.ForwardConfig?.TargetGroupStickinessConfig;
	return stickiness?.Enabled === true ? stickiness.DurationSeconds ?? 0 : void 0;
}
/**
* The forward among all rules of its listener, as `readForward` reads it by itself. Throws `ConfigurationError`: `no-forward`,
* or `rule-not-found` and `listener-not-found` where it is not among them. Pure.
*/
function forwardAmong(rules, location) {
	const rule = rules.find((each) => location.kind === "rule" ? each.ruleArn === location.ruleArn : each.isDefault);
	if (rule === void 0) throw notThere(location);
	const listenerArn = listenerArnOf(location);
	return rule.isDefault ? toForward({
		kind: "default-action",
		listenerArn
	}, listenerArn, "default", [], rule.actions) : toForward(location, listenerArn, rule.priority, rule.conditions, rule.actions);
}
function toForward(location, listenerArn, priority, conditions, actions) {
	const split = splitOf(actions);
	if (split.length === 0) {
		const name = location.kind === "rule" ? location.ruleArn : `the default action of ${location.listenerArn}`;
		throw new ConfigurationError("no-forward", `${name} does not forward to target groups (its action is ${actions.map((action) => action.Type).join(", ") || "empty"}); name the rule that carries the service's traffic.`);
	}
	return {
		location,
		listenerArn,
		priority,
		split,
		stickinessSeconds: stickinessOf(actions),
		conditions,
		actions
	};
}
/** `rule-not-found` or `listener-not-found`. */
function notThere(location) {
	return location.kind === "rule" ? new ConfigurationError("rule-not-found", `There is no rule ${location.ruleArn}.`) : new ConfigurationError("listener-not-found", `There is no listener ${location.listenerArn}.`);
}
// src/rollout/schema-guard.ts
/** The breaking revisions after `target` up to and with `from`: those that a way back would cross, oldest first. */
function breakingBetween(revisions, from, target) {
	return revisions.filter((each) => each.schema === "breaking").filter((each) => compare(each, target) > 0 && compare(each, from) <= 0).sort(compare).map((each) => each.taskDefinitionArn);
}
/** Within a family the number tells; between families the time of registration. */
function compare(one, other) {
	const a = /([^/]+):(\d+)$/.exec(one.taskDefinitionArn);
	const b = /([^/]+):(\d+)$/.exec(other.taskDefinitionArn);
	if (a !== null && b !== null && a[1] === b[1]) return Number(a[2]) - Number(b[2]);
	return (one.registeredAt ?? 0) - (other.registeredAt ?? 0);
}
export { breakingBetween, forwardAmong, listenerArnOf, notThere, readForward, sameSplit, splitOf, stickinessOf, withWeights, writeWeights };
