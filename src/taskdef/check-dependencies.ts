/** `dependsOn` between the containers of a definition. Pure. */
import { isObject, type JsonObject, objectsOf } from './json.ts';
import { type Say, shown } from './report-problem.ts';

const conditions = ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY'];

/** @see https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html */
export function checkDependencies(containers: readonly JsonObject[], say: Say): void {
  const byName = new Map(containers.map((container) => [container['name'], container]));
  for (const [index, container] of containers.entries()) {
    for (const [position, dependency] of objectsOf(container['dependsOn']).entries()) {
      const at = ['containerDefinitions', index, 'dependsOn', position];
      const { containerName: wanted, condition } = dependency;
      const target = wanted === undefined ? undefined : byName.get(wanted);
      if (target === undefined || wanted === container['name']) {
        const others = [...byName.keys()].filter((name) => name !== container['name']).map(String);
        const message = `dependsOn names ${shown(wanted)}; the other containers are ${others.join(', ') || 'none'}.`;
        say('depends-on', [...at, 'containerName'], message);
        continue;
      }
      if (typeof condition !== 'string' || !conditions.includes(condition)) {
        say(
          'depends-on',
          [...at, 'condition'],
          `condition is one of ${conditions.join(', ')}; ${shown(condition)} is not.`,
        );
      } else if (condition === 'HEALTHY' && !isObject(target['healthCheck'])) {
        say(
          'depends-on',
          [...at, 'condition'],
          `HEALTHY waits for the health check of ${shown(wanted)}, which has none in the definition.`,
        );
      } else if ((condition === 'COMPLETE' || condition === 'SUCCESS') && target['essential'] !== false) {
        say(
          'depends-on',
          [...at, 'condition'],
          `${condition} waits for ${shown(wanted)} to end, which ends the task: it must have "essential": false.`,
        );
      }
    }
  }
  const circle = findCircle(byName);
  if (circle !== undefined) {
    say(
      'depends-on',
      ['containerDefinitions'],
      `Containers wait for each other in a circle: ${circle.join(' -> ')}.`,
    );
  }
}

function findCircle(byName: ReadonlyMap<unknown, JsonObject>): readonly string[] | undefined {
  const done = new Set<unknown>();
  const visit = (name: unknown, trail: readonly unknown[]): readonly string[] | undefined => {
    const from = trail.indexOf(name);
    // One container that names itself is told already.
    if (from >= 0) return trail.length - from > 1 ? [...trail.slice(from), name].map(String) : undefined;
    if (done.has(name)) return undefined;
    for (const dependency of objectsOf(byName.get(name)?.['dependsOn'])) {
      const found = visit(dependency['containerName'], [...trail, name]);
      if (found !== undefined) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of byName.keys()) {
    const found = visit(name, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
