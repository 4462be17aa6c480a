import { revisionName } from "./plan.js";
// src/aws/permissions.ts
const inCluster = {
	anyBecause: "tasks are listed by service, and the resource type of the listing is a container instance",
	condition: { ArnEquals: { "ecs:cluster": "arn:aws:ecs:REGION:ACCOUNT:cluster/CLUSTER" } }
};
/**
* What is made with `tags` is tagged as it is made, which is a permission of its own.
* @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
*/
const tagAtCreation = (type, by) => ({
	action: "ecs:TagResource",
	on: [type],
	condition: { StringEquals: { "ecs:CreateAction": by } }
});
const passRoles = {
	action: "iam:PassRole",
	condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } }
};
/** The kit works with Application Load Balancers only. */
const listeners = { on: ["listener/app"] };
const rules = { on: ["listener-rule/app"] };
/** Images are pulled that are built upon, too. */
const pulls = { words: { RepositoryName: ["REPOSITORY", "BASE_REPOSITORY"] } };
const permissions = {
	"ecs:CreateService": [{}, tagAtCreation("service", "CreateService")],
	"ecs:DescribeClusters": [{}],
	"ecs:DescribeServiceDeployments": [{}],
	"ecs:DescribeServiceRevisions": [{}],
	"ecs:DescribeServices": [{}],
	"ecs:DescribeTaskDefinition": [{}],
	"ecs:DescribeTasks": [{}],
	"ecs:GetTaskProtection": [{}],
	"ecs:ListServiceDeployments": [{}],
	"ecs:ListServices": [{ condition: inCluster.condition }],
	"ecs:ListTagsForResource": [{ on: ["task-definition"] }],
	"ecs:ListTaskDefinitions": [{}],
	"ecs:ListTasks": [inCluster],
	"ecs:RegisterTaskDefinition": [
		{},
		tagAtCreation("task-definition", "RegisterTaskDefinition"),
		passRoles
	],
	"ecs:RunTask": [{ condition: inCluster.condition }],
	"ecs:StopServiceDeployment": [{}],
	"ecs:StopTask": [{}],
	"ecs:TagResource": [{
		on: ["task-definition"],
		condition: { "ForAllValues:StringLike": { "aws:TagKeys": "ips-deploy:*" } }
	}],
	"ecs:UpdateService": [{}],
	"elasticloadbalancing:DescribeListeners": [{}],
	"elasticloadbalancing:DescribeLoadBalancers": [{}],
	"elasticloadbalancing:DescribeRules": [{}],
	"elasticloadbalancing:DescribeTags": [{ anyBecause: "rules are found by reading, and their ids are not known before" }],
	"elasticloadbalancing:DescribeTargetGroups": [{}],
	"elasticloadbalancing:DescribeTargetGroupAttributes": [{}],
	"elasticloadbalancing:DescribeTargetHealth": [{}],
	"elasticloadbalancing:AddTags": [{
		on: ["listener-rule/app"],
		condition: { "ForAllValues:StringLike": { "aws:TagKeys": "ips-deploy:*" } }
	}],
	"elasticloadbalancing:CreateRule": [listeners],
	"elasticloadbalancing:DeleteRule": [rules],
	"elasticloadbalancing:ModifyListener": [listeners],
	"elasticloadbalancing:ModifyRule": [rules],
	"cloudwatch:DescribeAlarms": [{ anyBecause: "composite alarms are described only to a permission that is scoped to *" }],
	"cloudwatch:GetMetricData": [{ anyBecause: "metrics have no ARN; the resource type of the dataset is for datasets of OpenTelemetry" }],
	"cloudwatch:PutMetricAlarm": [{
		on: ["alarm"],
		words: { AlarmName: ["*GREEN_SERVICE*"] }
	}],
	"application-autoscaling:DescribeScalableTargets": [{}],
	"application-autoscaling:RegisterScalableTarget": [{ condition: { StringEquals: {
		"application-autoscaling:service-namespace": "ecs",
		"application-autoscaling:scalable-dimension": "ecs:service:DesiredCount"
	} } }],
	"application-autoscaling:DescribeScalingPolicies": [{}],
	"application-autoscaling:DescribeScheduledActions": [{}],
	"application-autoscaling:PutScheduledAction": [{}],
	"application-autoscaling:ListTagsForResource": [{}],
	"application-autoscaling:PutScalingPolicy": [{}, {
		action: "cloudwatch:PutMetricAlarm",
		on: ["alarm"],
		words: { AlarmName: ["TargetTracking-service/CLUSTER/SERVICE-*", "TargetTracking-service/CLUSTER/GREEN_SERVICE-*"] }
	}],
	"application-autoscaling:TagResource": [{ condition: { "ForAllValues:StringLike": { "aws:TagKeys": "ips-deploy:*" } } }],
	"application-autoscaling:UntagResource": [{ condition: { "ForAllValues:StringLike": { "aws:TagKeys": "ips-deploy:*" } } }],
	"ecr:BatchDeleteImage": [{}],
	"ecr:BatchGetImage": [{}],
	"ecr:CreateRepository": [{}],
	"ecr:DescribeImageScanFindings": [{}],
	"ecr:DescribeImages": [{}],
	"ecr:DescribeRepositories": [{}],
	"ecr:GetAuthorizationToken": [
		{},
		{
			...pulls,
			action: "ecr:BatchCheckLayerAvailability"
		},
		{
			...pulls,
			action: "ecr:BatchGetImage"
		},
		{
			...pulls,
			action: "ecr:GetDownloadUrlForLayer"
		},
		{ action: "ecr:CompleteLayerUpload" },
		{ action: "ecr:InitiateLayerUpload" },
		{ action: "ecr:PutImage" },
		{ action: "ecr:UploadLayerPart" }
	],
	"ecr:ListImages": [{}],
	"ecr:PutImage": [{}],
	"ecr:PutLifecyclePolicy": [{}],
	"ecr:StartImageScan": [{}],
	"iam:GetRole": [{}],
	"logs:DescribeLogGroups": [{}],
	"logs:GetLogEvents": [{}],
	"secretsmanager:DescribeSecret": [{}],
	"sns:Publish": [{}],
	"ssm:ListTagsForResource": [{ on: ["parameter"] }],
	"sts:AssumeRoleWithWebIdentity": [],
	"sts:GetCallerIdentity": []
};
// src/aws/denial.ts
/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
const principalForm = /^User: (arn:\S+) is not authorized/;
const actionForm = /not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?(?: (?:because|with) (.+))?/s;
function denialOf({ operation, reason }) {
	const [, action = operation, resource = "*", words] = actionForm.exec(reason) ?? [];
	const why = (words?.replace(` the ${action} action`, " it") ?? reason).replace(/[.\s]+$/, "");
	return {
		action,
		resource: resource.replace(/[.,]$/, ""),
		why,
		isExplicit: /explicit deny/.test(why),
		principal: principalForm.exec(reason)?.[1]
	};
}
/**
* Statements that allow what was denied, as docs/iam has them: one for each set of resources, or of actions. `words` stand
* for those in capitals (`CLUSTER`); what has none stays the reader's to replace.
*/
function statementsFor(denials, words) {
	const statements = /* @__PURE__ */ new Map();
	for (const { action, resource } of denials) {
		const [, account = "ACCOUNT"] = /^arn:[^:]*:[^:]*:[^:]*:(\d+):/.exec(resource) ?? [];
		const { condition, anyBecause } = grantOf(action, resource) ?? {};
		const Resource = anyBecause === void 0 ? resourcesOf(action, resource) : ["*"];
		const Condition = condition === void 0 ? {} : { Condition: filled(condition, {
			ACCOUNT: account,
			...words
		}) };
		const key = JSON.stringify([Resource, Condition]);
		const Action = /* @__PURE__ */ new Set([...statements.get(key)?.Action ?? [], action]);
		statements.set(key, {
			Effect: "Allow",
			Action: [...Action].sort(),
			Resource,
			...Condition
		});
	}
	return [...together(statements.values()).values()];
}
/** Those that differ in nothing but their resources. */
function together(statements) {
	const found = /* @__PURE__ */ new Map();
	for (const each of statements) {
		const key = JSON.stringify([each.Action, each.Condition]);
		const Resource = /* @__PURE__ */ new Set([...found.get(key)?.Resource ?? [], ...each.Resource]);
		found.set(key, {
			...each,
			Resource: [...Resource]
		});
	}
	return found;
}
/** The one that is for this type of resource, where an action has several. */
function grantOf(action, resource) {
	const [own = [], ...others] = [permissions[action], ...Object.values(permissions)];
	const grants = [...own.filter((grant) => grant.action === void 0), ...others.flat().filter((grant) => grant.action === action)];
	const isOn = ({ on = [] }) => on.some((type) => resource.includes(`:${type}/`));
	return grants.find(isOn) ?? grants.find(({ on }) => on === void 0) ?? grants[0];
}
/** What is asked of a service's own parts is asked of the service, too. */
const partsOf = {
	"ecs:DescribeServiceRevisions": "service-revision",
	"ecs:DescribeServiceDeployments": "service-deployment"
};
/** Ids that the next deployment makes anew are left open, as in docs/iam. */
function resourcesOf(action, resource) {
	const open = resource.replace(/(:(?:service-revision|service-deployment)\/[^/]+\/[^/]+\/).*/, "$1*").replace(/(:task\/[^/]+\/).*/, "$1*").replace(/(:scalable-target\/).*/, "$1*").replace(/(:task-definition\/[^:]+):.*/, "$1:*").replace(/(:listener\/app\/[^/]+\/).*/, "$1*/*").replace(/(:listener-rule\/app\/[^/]+\/).*/, "$1*/*/*");
	const part = partsOf[action];
	const [, before, path] = /^(.*):(?:service|service-revision|service-deployment)\/([^/]+\/[^/]+)/.exec(open) ?? [];
	return part === void 0 || path === void 0 ? [open] : [`${before}:service/${path}`, `${before}:${part}/${path}/*`];
}
function filled(condition, words) {
	const text = Object.entries(words).reduce((all, [word, value]) => all.replace(new RegExp(`\\b${word}\\b`, "g"), () => value), JSON.stringify(condition));
	return JSON.parse(text);
}
// src/rollout/refused-by-aws.ts
function refusedByAws(error) {
	const remedies = {
		"access-denied": allowing(error),
		credentials: "Check the step that configures the AWS credentials of this job.",
		throttled: "AWS throttled every attempt: run the job again.",
		transient: "AWS did not answer: run the job again."
	};
	return {
		kind: "refused",
		code: error.kind,
		reason: `${error.operation}: ${error.code}: ${error.reason}`,
		remedy: remedies[error.kind] ?? "AWS's own words say what it does not accept."
	};
}
/** What lets a denied call through: mostly one line of docs/iam. */
function allowing(error) {
	const { action, resource, isExplicit } = denialOf(error);
	const what = resource === "*" ? action : `${action} on ${resource}`;
	return isExplicit ? `The explicit deny of ${what} has to be taken out where it stands: no permission outweighs it.` : `Give the role of this job ${what}: docs/iam has the policy of this action.`;
}
/** A call that failed because the job was cancelled: only an update whose answer is not known may have begun. */
function cancelledBy(error) {
	return {
		kind: "cancelled",
		aftermath: error.retryable && error.operation === "ecs:UpdateService" && error.code !== "NotSent" ? "unknown" : "untouched"
	};
}
/** What a call that failed for good has left behind, or may have, in words. */
function leftBehind(error, registered) {
	const revisions = registeredWords(registered);
	if (error.retryable && error.operation === "ecs:UpdateService") return { changed: `${revisions}Whether the service was updated is not known.` };
	if (error.retryable && error.operation === "ecs:RegisterTaskDefinition") return { changed: `${revisions}The service was not changed; whether a revision was registered is not known.` };
	return registered.length === 0 ? {} : { changed: `${revisions}The service was not changed.` };
}
/** `api:7 was registered. ` with the space that parts it from what follows; empty where nothing was. */
function registeredWords(registered) {
	if (registered.length === 0) return "";
	return `${registered.map(revisionName).join(", ")} ${registered.length === 1 ? "was" : "were"} registered. `;
}
export { allowing, cancelledBy, denialOf, leftBehind, refusedByAws, registeredWords, statementsFor };
