/** The stories that can be played, as data: each a list of acts over one stage. */
import { type Act, type Behaviour, type Players, resultOf } from './act.ts';
import { names, targetGroupNames } from './stage.ts';

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly acts: readonly Act[];
}

/** CloudWatch is two to three minutes behind: the first step is held long enough for its users to count. */
const bake = '5m,90s,90s';

const remembered = (players: Players, what: string): string => {
  const value = players.memory.get(what);
  if (value === undefined) throw new Error(`No act before this one left "${what}".`);
  return value;
};

const buildFirst: Act = {
  title: 'Build the image',
  plot: 'build-push-ecr builds version 1.0.0 of the example and pushes it to the registry.',
  expected: { outcomes: ['pushed'], exitCode: 0, harmless: true },
  async play(players) {
    const step = await players.step('build-push-ecr', players.buildInputs('1.0.0', 'good'));
    players.memory.set('image', step.outputs['image'] ?? '');
    return { ...resultOf(step), outcome: step.outputs['built'] === 'true' ? 'pushed' : 'not pushed' };
  },
};

const renderFirst: Act = {
  title: 'Render the task definition',
  plot: 'render-task-def puts the image, the account and the region into the task definition of the guide.',
  expected: { outcomes: ['rendered'], exitCode: 0, harmless: true },
  async play(players) {
    const step = await players.step('render-task-def', players.renderInputs(remembered(players, 'image')));
    players.memory.set('task-definition', step.outputs['task-definition'] ?? '');
    return { ...resultOf(step), outcome: step.outputs['changed'] === 'true' ? 'rendered' : 'not rendered' };
  },
};

function cutOver(): Act {
  return {
    title: 'Cut over from EC2 to ECS',
    plot: 'blue-green-shift moves the traffic of the EC2 host to the ECS service by weights: 10, 50, 100 %.',
    expected: { outcomes: ['promoted', 'promoted-on-probes'], exitCode: 0, harmless: true },
    async play(players) {
      const file = remembered(players, 'task-definition');
      players.createFirstService(file);
      const step = await players.step('blue-green-shift', {
        ...shiftInputs(players),
        'blue-target-group': targetGroupNames.ec2,
        'green-target-group': targetGroupNames.a,
        'green-service': names.service,
        'task-definition': file,
        'desired-count': '3',
      });
      return resultOf(step);
    },
  };
}

function shiftInputs(players: Players): Record<string, string> {
  return {
    'listener-arn': players.stage.listenerArn,
    cluster: names.cluster,
    steps: '10,50,100',
    'bake-time': bake,
    'probe-url': players.listenerUrl,
    'probe-paths': '/health,/api/v1/sessions,/api/v1/imu-data/none',
  };
}

const rollingDeploy: Act = {
  title: 'Rolling deploy',
  plot: 'rolling-deploy replaces the three tasks by version 1.1.0 and proves that each of them serves.',
  expected: { outcomes: ['succeeded'], exitCode: 0, harmless: true },
  async play(players) {
    const { taskDefinitionFile } = await players.release('1.1.0', 'good');
    const step = await players.step('rolling-deploy', {
      cluster: names.cluster,
      service: names.service,
      'task-definition': taskDefinitionFile,
    });
    players.memory.set('good-revision', step.outputs['task-definition-arn'] ?? '');
    return resultOf(step);
  },
};

const blueGreenRelease: Act = {
  title: 'Blue/green release',
  plot: 'Version 1.2.0 starts beside the old one as a twin service, is probed at weight 0 and takes over step by step.',
  expected: { outcomes: ['promoted', 'promoted-on-probes'], exitCode: 0, harmless: true },
  async play(players) {
    const { taskDefinitionFile } = await players.release('1.2.0', 'good');
    const step = await players.step('blue-green-shift', {
      ...shiftInputs(players),
      'blue-target-group': targetGroupNames.a,
      'green-target-group': targetGroupNames.b,
      'blue-service': names.service,
      'green-service': names.serviceB,
      'task-definition': taskDefinitionFile,
    });
    return resultOf(step);
  },
};

/** From the group that serves to the other one; the tasks come from the other service. */
function badRelease(
  title: string,
  behaviour: Behaviour,
  spec: string,
  plot: string,
  causes: readonly string[],
  saying: RegExp,
  from: 'a' | 'b',
  harmless = false,
  inputs: Readonly<Record<string, string>> = {},
): Act {
  return {
    title,
    plot,
    expected: { outcomes: ['rolled-back'], exitCode: 1, causes, saying, harmless },
    async play(players) {
      const { taskDefinitionFile } = await players.release(`2.0.0-${behaviour}`, spec);
      const step = await players.step('blue-green-shift', {
        ...shiftInputs(players),
        'blue-target-group': targetGroupNames[from],
        'green-target-group': targetGroupNames[from === 'a' ? 'b' : 'a'],
        'blue-service': from === 'a' ? names.service : names.serviceB,
        'green-service': from === 'a' ? names.serviceB : names.service,
        'task-definition': taskDefinitionFile,
        ...inputs,
      });
      return resultOf(step);
    },
  };
}

const manualRollback: Act = {
  title: 'Manual rollback',
  plot: 'Somebody finds a bug in 1.2.0: rollback brings the revision of 1.1.0 back.',
  expected: { outcomes: ['succeeded', 'rolled-back'], exitCode: 0, harmless: true },
  async play(players) {
    const step = await players.step('rollback', {
      cluster: names.cluster,
      service: names.serviceB,
      to: remembered(players, 'good-revision'),
      reason: 'Exports of 1.2.0 miss a column.',
    });
    return resultOf(step);
  },
};

/** The service already runs on ECS, three tasks of 1.0.0 in the group of service A. */
const alreadyOnEcs: Act = {
  title: 'Start on ECS',
  plot: 'Version 1.0.0 is built, rendered and takes over from the EC2 host.',
  expected: { outcomes: ['promoted', 'promoted-on-probes'], exitCode: 0, harmless: true },
  async play(players) {
    const { taskDefinitionFile } = await players.release('1.0.0', 'good');
    players.memory.set('task-definition', taskDefinitionFile);
    return cutOver().play(players);
  },
};

interface BadKind {
  readonly behaviour: Exclude<Behaviour, 'good'>;
  /** What the image is built with. */
  readonly spec: string;
  readonly about: string;
  readonly causes: readonly string[];
  /** What the explanation has to say. */
  readonly saying: RegExp;
  /** Caught before any real request meets it. */
  readonly harmless: boolean;
}

const badKinds: readonly BadKind[] = [
  {
    behaviour: 'crash-at-start',
    spec: 'crash-at-start',
    about: 'ends with exit code 1 before it listens',
    causes: ['container-exited'],
    saying: /exit code 1/,
    harmless: true,
  },
  {
    behaviour: 'never-healthy',
    spec: 'never-healthy',
    about: 'answers its health check with 503',
    causes: ['container-health', 'target-health'],
    saying: /health check/,
    harmless: true,
  },
  {
    behaviour: 'errors',
    spec: 'errors:0.2',
    about: 'is healthy and fails one request in five',
    causes: ['probes', 'errors'],
    saying: /HTTP 500/,
    harmless: false,
  },
  {
    behaviour: 'slow',
    spec: 'slow:400',
    about: 'is healthy and answers 0.4 s late',
    causes: ['slow'],
    saying: /slower/,
    harmless: false,
  },
  {
    behaviour: 'hang-route',
    spec: 'hang-route:/api/v1/imu-data',
    about: 'is healthy and never answers one route',
    causes: ['probes', 'unanswered'],
    // Whoever gives up first tells: the probe, or the load balancer with its 504.
    saying: /(no answer within .*|HTTP 504) on \/api\/v1\/imu-data/,
    harmless: false,
  },
  {
    behaviour: 'close-connections',
    spec: 'close-connections:0.2',
    about: 'is healthy and closes the connection of one request in five',
    causes: ['probes', 'unanswered'],
    saying: /HTTP 502/,
    harmless: false,
  },
  {
    behaviour: 'one-minute-in-five',
    spec: 'one-minute-in-five:1',
    about: 'fails during every fifth minute',
    causes: ['probes', 'errors'],
    saying: /HTTP 500|failed/,
    harmless: false,
  },
];

export const scenarios: readonly Scenario[] = [
  {
    name: 'full',
    about:
      'from the EC2 host to ECS, a rolling deploy, a blue/green release, a bad release, a manual rollback',
    acts: [
      buildFirst,
      renderFirst,
      cutOver(),
      rollingDeploy,
      blueGreenRelease,
      badRelease(
        'A bad release',
        'errors',
        'errors:0.2',
        'Version 2.0.0 is healthy and fails one request in five, and its probes ask /health only: the users of the first step prove it, and the weights go back.',
        ['errors'],
        /Green failed/,
        'b',
        false,
        { 'probe-paths': '/health', accept: 'unproven' },
      ),
      manualRollback,
    ],
  },
  ...badKinds.map(
    (kind): Scenario => ({
      name: kind.behaviour,
      about: `a release that ${kind.about} is caught and taken back`,
      acts: [
        alreadyOnEcs,
        badRelease(
          `A release that ${kind.about}`,
          kind.behaviour,
          kind.spec,
          `It ${kind.about}.`,
          kind.causes,
          kind.saying,
          'a',
          kind.harmless,
        ),
      ],
    }),
  ),
];
