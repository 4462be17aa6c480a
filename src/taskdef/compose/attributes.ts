/**
 * What becomes of each attribute of a Compose service that has no counterpart of its own on Fargate: refused with
 * the way out, or left out with a word about it. Every attribute of the specification's schema is here or is
 * mapped in container.ts (a test compares). Pure.
 * @see https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
 */

/** Attribute to what to do instead. */
export const refused: Readonly<Record<string, string>> = {
  cgroup: 'Fargate keeps cgroups to itself: take it out',
  configs: 'ECS mounts no files: copy them into the image, or give their content as environment variables',
  credential_spec: 'Fargate joins no domain: take it out, or run the service on ECS with EC2',
  device_cgroup_rules: 'Fargate gives containers no devices: run the service on ECS with EC2',
  devices: 'Fargate gives containers no devices: run the service on ECS with EC2',
  dns: "Fargate takes the resolver of the VPC: change the VPC's DHCP options or its Route 53 resolver rules",
  dns_opt: "Fargate takes the resolver of the VPC: change the VPC's DHCP options",
  dns_search: "Fargate takes the resolver of the VPC: use full names, or the VPC's DHCP options",
  external_links:
    'containers outside the task have names in Route 53, Cloud Map or Service Connect: use those',
  extra_hosts: 'Fargate writes no /etc/hosts: put the names into a private hosted zone of Route 53',
  gpus: 'Fargate has no GPUs: run the service on ECS with EC2',
  group_add: 'ECS adds no groups: make the user a member of them in the image',
  models: 'ECS runs no models for a service: call Amazon Bedrock or a service of your own by its address',
  post_start: 'ECS runs nothing in a started container: let the entry point do it',
  pre_stop: 'ECS runs nothing before it stops a container: let the program do it on SIGTERM',
  privileged: 'Fargate runs no privileged containers: take it out, or run the service on ECS with EC2',
  provider:
    'a provider is something that Compose itself runs: make the resource with your infrastructure code',
  runtime: 'Fargate chooses the container runtime itself: take it out',
  secrets:
    'ECS mounts no secret files: keep the value in Secrets Manager, give it to a variable by the input secrets (NAME=secret), and let the program read that',
  use_api_socket: 'Fargate has no Docker engine to talk to: take it out',
  uts: 'Fargate keeps host names to itself: take it out',
};

/** Attribute to why it is left out; the definition is as good without it. */
export const leftOut: Readonly<Record<string, string>> = {
  annotations: 'ECS has no annotations: labels become dockerLabels',
  blkio_config: 'Fargate has no weights for disks',
  cgroup_parent: 'Fargate keeps cgroups to itself',
  container_name: 'on ECS the container has the name of the service',
  cpu_count: 'on ECS cpu says how much a container gets',
  cpu_percent: 'on ECS cpu says how much a container gets',
  cpu_period: 'on ECS cpu says how much a container gets',
  cpu_quota: 'on ECS cpu says how much a container gets',
  cpu_rt_period: 'Fargate has no real-time scheduling',
  cpu_rt_runtime: 'Fargate has no real-time scheduling',
  cpu_shares: 'on ECS cpu says how much a container gets',
  cpuset: 'Fargate pins nothing to cores',
  domainname: 'with network mode awsvpc a task has the name that the VPC gives it',
  hostname: 'with network mode awsvpc a task has the name that the VPC gives it',
  isolation: 'Fargate isolates every task in a virtual machine of its own',
  label_file: 'write the labels under labels to have them as dockerLabels',
  mac_address: 'the network interface of the task has an address of its own',
  mem_swappiness: 'Fargate has no swap',
  memswap_limit: 'Fargate has no swap',
  networks: 'all containers of a task share one network; security groups of the service say who may reach it',
  oom_kill_disable: 'a container that takes more than its memory is ended',
  oom_score_adj: 'a container that takes more than its memory is ended',
  pids_limit: 'Fargate has a limit of its own',
  storage_opt: 'ephemeralStorage of the task definition says how much disk a task has (20 GiB by default)',
  userns_mode: 'Fargate isolates every task in a virtual machine of its own',
};

/** About building, developing and running on one machine: nothing is lost by leaving them out without a word. */
export const quiet: ReadonlySet<string> = new Set([
  'attach',
  'build',
  'develop',
  'extends',
  'profiles',
  'pull_policy',
  'pull_refresh_after',
]);

/** Has a counterpart: see container.ts and what it uses. */
export const mapped: ReadonlySet<string> = new Set([
  ...[
    'cap_add',
    'cap_drop',
    'command',
    'cpus',
    'depends_on',
    'deploy',
    'entrypoint',
    'env_file',
    'environment',
  ],
  ...['expose', 'healthcheck', 'image', 'init', 'ipc', 'labels', 'links', 'logging', 'mem_limit'],
  ...['mem_reservation', 'network_mode', 'pid', 'platform', 'ports', 'read_only', 'restart', 'scale'],
  ...[
    'security_opt',
    'shm_size',
    'stdin_open',
    'stop_grace_period',
    'stop_signal',
    'sysctls',
    'tmpfs',
    'tty',
  ],
  ...['ulimits', 'user', 'volumes', 'volumes_from', 'working_dir'],
]);
