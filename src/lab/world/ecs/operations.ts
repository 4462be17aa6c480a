/** ECS's table of operations: what each needs of IAM, and who carries it out. */
import type { Kernel } from '../kernel.ts';
import type { CallContext, Operation, Permission } from '../service.ts';
import type { Clusters } from './clusters.ts';
import { EcsPermissions, type LooseInput } from './permissions.ts';
import type { ServiceDeployments } from './service-deployments.ts';
import type { Services } from './services.ts';
import type { ResourceTags } from './tags.ts';
import type { TaskDefinitions } from './task-definitions.ts';
import type { Tasks } from './tasks.ts';

export interface EcsParts {
  readonly clusters: Clusters;
  readonly definitions: TaskDefinitions;
  readonly services: Services;
  readonly serviceDeployments: ServiceDeployments;
  readonly tasks: Tasks;
  readonly tags: ResourceTags;
}

export function ecsOperations(kernel: Kernel, parts: EcsParts): Readonly<Record<string, Operation>> {
  const { clusters, definitions, services, serviceDeployments, tasks, tags } = parts;
  const may = new EcsPermissions(kernel);
  return {
    CreateCluster: write(
      () => may.any('CreateCluster'),
      (input) => clusters.create(input),
    ),
    DescribeClusters: read(
      (input) => may.clusters('DescribeClusters', input),
      (input) => clusters.describe(input),
    ),
    ListClusters: read(
      () => may.any('ListClusters'),
      (input) => clusters.list(input),
    ),
    DeleteCluster: write(
      (input) => may.cluster('DeleteCluster', input),
      (input) => clusters.delete(input),
    ),
    UpdateCluster: write(
      (input) => may.cluster('UpdateCluster', input),
      (input) => clusters.update(input),
    ),
    PutClusterCapacityProviders: write(
      (input) => may.cluster('PutClusterCapacityProviders', input),
      (input) => clusters.putCapacityProviders(input),
    ),

    RegisterTaskDefinition: write(
      (input) => may.registerTaskDefinition(input),
      (input, caller) => definitions.register(input, caller),
    ),
    DescribeTaskDefinition: read(
      () => may.any('DescribeTaskDefinition'),
      (input) => definitions.describe(input),
    ),
    DeregisterTaskDefinition: write(
      () => may.any('DeregisterTaskDefinition'),
      (input) => definitions.deregister(input),
    ),
    ListTaskDefinitions: read(
      () => may.any('ListTaskDefinitions'),
      (input) => definitions.list(input),
    ),
    ListTaskDefinitionFamilies: read(
      () => may.any('ListTaskDefinitionFamilies'),
      (input) => definitions.listFamilies(input),
    ),

    CreateService: write(
      (input) => may.createService(input),
      (input, caller) => services.create(input, caller),
    ),
    UpdateService: write(
      (input) => may.service('UpdateService', input, 'service'),
      (input) => services.update(input),
    ),
    DeleteService: write(
      (input) => may.service('DeleteService', input, 'service'),
      (input) => services.delete(input),
    ),
    DescribeServices: read(
      (input) => may.services('DescribeServices', input),
      (input) => services.describe(input),
    ),
    ListServices: read(
      (input) => may.listing('ListServices', input),
      (input) => services.list(input),
    ),

    ListServiceDeployments: read(
      (input) => may.service('ListServiceDeployments', input, 'service'),
      (input) => serviceDeployments.list(input),
    ),
    DescribeServiceDeployments: read(
      (input) => may.ofServiceMember('DescribeServiceDeployments', input, 'serviceDeploymentArns'),
      (input) => serviceDeployments.describe(input),
    ),
    DescribeServiceRevisions: read(
      (input) => may.ofServiceMember('DescribeServiceRevisions', input, 'serviceRevisionArns'),
      (input) => serviceDeployments.describeRevisions(input),
    ),
    StopServiceDeployment: write(
      (input) => may.ofServiceMember('StopServiceDeployment', input, 'serviceDeploymentArn'),
      (input) => serviceDeployments.stop(input),
    ),
    ContinueServiceDeployment: write(
      (input) => may.ofServiceMember('ContinueServiceDeployment', input, 'serviceDeploymentArn'),
      (input) => serviceDeployments.continue(input),
    ),

    RunTask: write(
      (input) => may.runTask(input),
      (input) => tasks.run(input),
    ),
    StopTask: write(
      (input) => may.tasks('StopTask', input, 'task'),
      (input) => tasks.stop(input),
    ),
    DescribeTasks: read(
      (input) => may.tasks('DescribeTasks', input, 'tasks'),
      (input) => tasks.describe(input),
    ),
    ListTasks: read(
      (input) => may.listing('ListTasks', input),
      (input) => tasks.list(input),
    ),
    UpdateTaskProtection: write(
      (input) => may.tasks('UpdateTaskProtection', input, 'tasks'),
      (input) => tasks.updateProtection(input),
    ),
    GetTaskProtection: read(
      (input) => may.tasks('GetTaskProtection', input, 'tasks'),
      (input) => tasks.getProtection(input),
    ),

    TagResource: write(
      (input) => may.resource('TagResource', input),
      (input) => tags.tag(input),
    ),
    UntagResource: write(
      (input) => may.resource('UntagResource', input),
      (input) => tags.untag(input),
    ),
    ListTagsForResource: read(
      (input) => may.resource('ListTagsForResource', input),
      (input) => tags.list(input),
    ),
  };
}

type Permissions = (input: LooseInput) => readonly Permission[];
// biome-ignore lint/suspicious/noExplicitAny: inputs are of each operation's own shape
type Run = (input: any, caller: CallContext) => unknown;

function read(permissions: Permissions, run: Run): Operation {
  return { mutates: false, permissions, run: (input, caller) => run(input ?? {}, caller) };
}

function write(permissions: Permissions, run: Run): Operation {
  return { mutates: true, permissions, run: (input, caller) => run(input ?? {}, caller) };
}
