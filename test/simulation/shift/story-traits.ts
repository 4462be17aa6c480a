/** What is known of a story before it is played: what it is like, and whether it has to end well. */
import { asksTraits } from './asks.ts';
import { minuteMs, type Story } from './story.ts';

/** A good revision, time enough, nobody else's hand, and something that can prove it. */
export function mustPromote(story: Story): boolean {
  const { request, requestsPerSecond, asks } = story;
  const provable =
    requestsPerSecond >= 10 ||
    request.acceptUnproven ||
    (request.probes === 'users-path' && request.probeCount >= 400);
  return (
    isNoWorse(story) &&
    provable &&
    (asks.probeTask === undefined || (asks.probeTask === 'honest' && requestsPerSecond >= 10)) &&
    (asks.preDeploy === undefined || (asks.preDeploy === 'passes' && story.rules.length === 0)) &&
    (asks.check === undefined || ['yes', 'tells-later'].includes(asks.check.says)) &&
    story.asks.owner === 'nobody' &&
    !['refused', 'too-far'].includes(story.asks.window.kind) &&
    story.metrics !== 'gap' &&
    story.hand === undefined &&
    (story.alarm === 'none' || story.alarm === 'quiet' || story.alarm === 'rings-before-accepted') &&
    story.rules.every(({ effect }) => ['throttle', 'server-error', 'reset'].includes(effect.kind)) &&
    story.cancelAtMs === undefined &&
    story.asks.cancelAfterBlueDownMs === undefined &&
    request.timeoutMs >= 60 * minuteMs &&
    // What probes have proven before any weight dies with the run.
    (story.kill === undefined || requestsPerSecond >= 10 || request.acceptUnproven) &&
    (story.secondRun === undefined
      ? story.until === undefined && story.kill === undefined
      : story.secondRun.onInterrupted === 'resume' &&
        story.secondRun.cancelAtMs === undefined &&
        // A newer one never takes the place of one that cannot go back.
        !(story.secondRun.newer && story.asks.schema === 'breaking'))
  );
}

/** Than blue, by all that is looked at. */
function isNoWorse({ release, asks, requestsPerSecond }: Story): boolean {
  // So that 404 is found, or not.
  if (release === 'green-refuses') return asks.clientErrors === undefined || requestsPerSecond === 0;
  return ['good', 'blue-breaks-latency', 'blue-breaks-errors', 'both-refuse'].includes(release);
}

/** What the story is like, as named in the table of coverage. */
export function traitsOf(story: Story): readonly string[] {
  const { request, requestsPerSecond } = story;
  return [
    `release: ${story.release}`,
    `blue: ${story.blue === 'ecs' ? 'ECS service' : 'EC2 instances'}`,
    `green: ${story.green === 'served' ? 'has served before' : 'to be made as a twin'}`,
    `traffic: ${requestsPerSecond === 0 ? 'none' : requestsPerSecond < 10 ? 'low' : 'usual'}`,
    `scaling: ${story.scaling}`,
    `alarm: ${story.alarm}`,
    `probes: ${request.probes}`,
    `blue after: ${request.blueAfter}`,
    ...asksTraits(story.asks),
    ...(story.kept === undefined ? [] : ['blue kept small']),
    ...(story.thirdGroup ? ['a third group in the rule'] : []),
    ...(story.together ? ['two rules together'] : []),
    ...(story.until === undefined ? [] : ['job: until']),
    ...(request.timeoutMs < 60 * minuteMs ? ['little time'] : []),
  ];
}
