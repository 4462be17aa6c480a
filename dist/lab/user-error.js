// src/lab/journey/stage.ts
const names = {
	cluster: "ips-api-cluster",
	service: "ips-api-service",
	serviceB: "ips-api-service-b",
	repository: "ips-data-acquisition-api",
	family: "ips-api-task",
	container: "ips-api",
	logGroup: "/ecs/ips-api",
	instanceId: "i-0c0ffee0ec2000001",
	deployUser: "ips-deploy"
};
const targetGroupNames = {
	ec2: "ips-api-ec2",
	a: "ips-api-targets",
	b: "ips-api-targets-b"
};
/** Settings of the guide, health checks every 30 s, connection draining 60 s. */
function createTargetGroup(seed, name, targetType) {
	const { TargetGroups } = seed("elasticloadbalancing", "CreateTargetGroup", {
		Name: name,
		Protocol: "HTTP",
		Port: 5e3,
		VpcId: "vpc-0ab1c2d3e4f500001",
		TargetType: targetType,
		HealthCheckEnabled: true,
		HealthCheckPath: "/health",
		HealthCheckIntervalSeconds: 30,
		HealthCheckTimeoutSeconds: 5,
		HealthyThresholdCount: 2,
		UnhealthyThresholdCount: 3
	});
	const arn = TargetGroups[0].TargetGroupArn;
	seed("elasticloadbalancing", "ModifyTargetGroupAttributes", {
		TargetGroupArn: arn,
		Attributes: [{
			Key: "deregistration_delay.timeout_seconds",
			Value: "60"
		}]
	});
	return arn;
}
function setStage(seed, accountId, region) {
	const subnets = [
		"subnet-0a000000000000001",
		"subnet-0b000000000000002",
		"subnet-0c000000000000003"
	];
	const { LoadBalancers } = seed("elasticloadbalancing", "CreateLoadBalancer", {
		Name: "ips-api-alb",
		Subnets: subnets,
		SecurityGroups: ["sg-0a1b000000000001"],
		Scheme: "internet-facing",
		Type: "application"
	});
	const loadBalancerArn = LoadBalancers[0].LoadBalancerArn;
	const targetGroups = {
		ec2: createTargetGroup(seed, targetGroupNames.ec2, "instance"),
		a: createTargetGroup(seed, targetGroupNames.a, "ip"),
		b: createTargetGroup(seed, targetGroupNames.b, "ip")
	};
	const { Listeners } = seed("elasticloadbalancing", "CreateListener", {
		LoadBalancerArn: loadBalancerArn,
		Protocol: "HTTP",
		Port: 80,
		DefaultActions: [{
			Type: "forward",
			ForwardConfig: { TargetGroups: [{
				TargetGroupArn: targetGroups.ec2,
				Weight: 100
			}, {
				TargetGroupArn: targetGroups.a,
				Weight: 0
			}] }
		}]
	});
	seed("elasticloadbalancing", "RegisterTargets", {
		TargetGroupArn: targetGroups.ec2,
		Targets: [{
			Id: names.instanceId,
			Port: 5e3
		}]
	});
	seed("ecs", "CreateCluster", {
		clusterName: names.cluster,
		capacityProviders: ["FARGATE", "FARGATE_SPOT"],
		defaultCapacityProviderStrategy: [{
			capacityProvider: "FARGATE",
			weight: 1
		}, {
			capacityProvider: "FARGATE_SPOT",
			weight: 4
		}]
	});
	seed("logs", "CreateLogGroup", { logGroupName: names.logGroup });
	seed("secretsmanager", "CreateSecret", {
		Name: "ips/db-connection",
		SecretString: "Host=db.internal;Port=5432;Database=ips;Username=ips;Password=lab-only-password"
	});
	seed("secretsmanager", "CreateSecret", {
		Name: "ips/jwt-secret",
		SecretString: "lab-only-jwt-signing-key-".padEnd(64, "x")
	});
	for (const RoleName of ["ecsTaskExecutionRole", "ecsTaskRole"]) createTaskRole(seed, RoleName);
	const { accessKeyId, secretAccessKey } = createDeployUser(seed, accountId, region);
	return {
		loadBalancerArn,
		listenerArn: Listeners[0].ListenerArn,
		targetGroups,
		subnets,
		accessKeyId,
		secretAccessKey
	};
}
/** A role that tasks may take: the guide's execution role and task role. */
function createTaskRole(seed, RoleName) {
	seed("iam", "CreateRole", {
		RoleName,
		AssumeRolePolicyDocument: JSON.stringify({
			Version: "2012-10-17",
			Statement: [{
				Effect: "Allow",
				Principal: { Service: "ecs-tasks.amazonaws.com" },
				Action: "sts:AssumeRole"
			}]
		})
	});
}
function createDeployUser(seed, accountId, region) {
	seed("iam", "CreateUser", { UserName: names.deployUser });
	seed("iam", "PutUserPolicy", {
		UserName: names.deployUser,
		PolicyName: "deploy",
		PolicyDocument: JSON.stringify(deployPolicy(accountId, region))
	});
	const { AccessKey } = seed("iam", "CreateAccessKey", { UserName: names.deployUser });
	return {
		accessKeyId: AccessKey.AccessKeyId,
		secretAccessKey: AccessKey.SecretAccessKey
	};
}
/** What the five actions need on the guide's resources, and no more: the lab enforces it. */
function deployPolicy(accountId, region) {
	const arn = (service, resource) => `arn:aws:${service}:${region}:${accountId}:${resource}`;
	const services = [names.service, `${names.service}-*`].map((service) => `${names.cluster}/${service}`);
	return {
		Version: "2012-10-17",
		Statement: [
			{
				Effect: "Allow",
				Action: [
					"ecs:CreateService",
					"ecs:DescribeServices",
					"ecs:ListServiceDeployments",
					"ecs:TagResource",
					"ecs:ListTagsForResource",
					"ecs:UntagResource",
					"ecs:UpdateService"
				],
				Resource: services.map((service) => arn("ecs", `service/${service}`))
			},
			{
				Effect: "Allow",
				Action: ["ecs:DescribeServiceDeployments", "ecs:StopServiceDeployment"],
				Resource: services.flatMap((service) => [arn("ecs", `service/${service}`), arn("ecs", `service-deployment/${service}/*`)])
			},
			{
				Effect: "Allow",
				Action: "ecs:DescribeServiceRevisions",
				Resource: services.flatMap((service) => [arn("ecs", `service/${service}`), arn("ecs", `service-revision/${service}/*`)])
			},
			{
				Effect: "Allow",
				Action: [
					"ecs:RegisterTaskDefinition",
					"ecs:TagResource",
					"ecs:ListTagsForResource"
				],
				Resource: arn("ecs", `task-definition/${names.family}:*`)
			},
			{
				Effect: "Allow",
				Action: [
					"ecs:DescribeTaskDefinition",
					"ecs:ListTaskDefinitions",
					"ecs:ListServices",
					"ecs:ListTasks",
					"ecs:DescribeTasks",
					"ecs:DescribeClusters"
				],
				Resource: "*"
			},
			{
				Effect: "Allow",
				Action: "iam:PassRole",
				Resource: [`arn:aws:iam::${accountId}:role/ecsTaskExecutionRole`, `arn:aws:iam::${accountId}:role/ecsTaskRole`],
				Condition: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } }
			},
			{
				Effect: "Allow",
				Action: "elasticloadbalancing:Describe*",
				Resource: "*"
			},
			{
				Effect: "Allow",
				Action: [
					"elasticloadbalancing:ModifyListener",
					"elasticloadbalancing:ModifyRule",
					"elasticloadbalancing:CreateRule",
					"elasticloadbalancing:DeleteRule",
					"elasticloadbalancing:AddTags",
					"elasticloadbalancing:RemoveTags"
				],
				Resource: [arn("elasticloadbalancing", "listener/app/ips-api-alb/*"), arn("elasticloadbalancing", "listener-rule/app/ips-api-alb/*")]
			},
			{
				Effect: "Allow",
				Action: ["cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms"],
				Resource: "*"
			},
			{
				Effect: "Allow",
				Action: [
					"application-autoscaling:DescribeScalableTargets",
					"application-autoscaling:DescribeScalingPolicies",
					"application-autoscaling:ListTagsForResource",
					"application-autoscaling:PutScalingPolicy",
					"application-autoscaling:RegisterScalableTarget",
					"application-autoscaling:TagResource",
					"application-autoscaling:UntagResource"
				],
				Resource: "*"
			},
			{
				Effect: "Allow",
				Action: "cloudwatch:PutMetricAlarm",
				Resource: arn("cloudwatch", `alarm:TargetTracking-service/${names.cluster}/*`)
			},
			{
				Effect: "Allow",
				Action: "logs:GetLogEvents",
				Resource: arn("logs", `log-group:${names.logGroup}:*`)
			},
			{
				Effect: "Allow",
				Action: "secretsmanager:DescribeSecret",
				Resource: arn("secretsmanager", "secret:ips/*")
			},
			{
				Effect: "Allow",
				Action: "ssm:ListTagsForResource",
				Resource: arn("ssm", "parameter/ips/*")
			},
			{
				Effect: "Allow",
				Action: "ecr:GetAuthorizationToken",
				Resource: "*"
			},
			{
				Effect: "Allow",
				Action: [
					"ecr:BatchCheckLayerAvailability",
					"ecr:BatchGetImage",
					"ecr:CompleteLayerUpload",
					"ecr:CreateRepository",
					"ecr:DescribeImages",
					"ecr:DescribeRepositories",
					"ecr:GetDownloadUrlForLayer",
					"ecr:InitiateLayerUpload",
					"ecr:PutImage",
					"ecr:PutLifecyclePolicy",
					"ecr:UploadLayerPart"
				],
				Resource: [arn("ecr", `repository/${names.repository}`), arn("ecr", "repository/lab/node")]
			}
		]
	};
}
/**
* The guide's ECS service as its infrastructure makes it: no task yet, in the target group of service A.
* Its first task definition is the rendered one's first revision.
*/
function createFirstService(seed, stage, definition) {
	const { taskDefinition } = seed("ecs", "RegisterTaskDefinition", definition);
	seed("ecs", "CreateService", {
		cluster: names.cluster,
		serviceName: names.service,
		taskDefinition: taskDefinition.taskDefinitionArn,
		desiredCount: 0,
		launchType: "FARGATE",
		platformVersion: "LATEST",
		networkConfiguration: { awsvpcConfiguration: {
			subnets: stage.subnets,
			securityGroups: ["sg-0a1b000000000002"],
			assignPublicIp: "ENABLED"
		} },
		loadBalancers: [{
			targetGroupArn: stage.targetGroups.a,
			containerName: names.container,
			containerPort: 5e3
		}],
		healthCheckGracePeriodSeconds: 60,
		deploymentConfiguration: {
			maximumPercent: 200,
			minimumHealthyPercent: 100,
			deploymentCircuitBreaker: {
				enable: true,
				rollback: true
			}
		}
	});
}
// src/lab/user-error.ts
/** Something the user can mend: shown as one line, without a stack. */
var UserError = class extends Error {
	name = "UserError";
};
const systemReasons = {
	ENOSPC: "the disk is full",
	EACCES: "permission denied",
	EROFS: "the file system is read-only",
	EISDIR: "it is a folder",
	ENOENT: "there is no such file or folder",
	EMFILE: "too many files are open",
	EADDRINUSE: "the port is in use"
};
/** One line for errors of the user or of the machine; undefined for a defect, whose stack is wanted. */
function oneLine(error) {
	if (error instanceof UserError) return error.message;
	if (!(error instanceof Error)) return void 0;
	const { code, path } = error;
	const reason = code === void 0 ? void 0 : systemReasons[code];
	if (reason === void 0) return void 0;
	return path === void 0 || error.message.includes("port") ? error.message.split("\n")[0] : `${path}: ${reason}.`;
}
export { UserError, createFirstService, names, oneLine, setStage, targetGroupNames };
