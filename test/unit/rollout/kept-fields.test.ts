import { expect, test } from '@jest/globals';
import { lostFields } from '../../../src/rollout/kept-fields.ts';

const given = {
  family: 'api',
  networkMode: 'awsvpc',
  volumes: [],
  tags: [{ key: 'team', value: 'positioning' }],
  containerDefinitions: [
    {
      name: 'app',
      image: 'api:1',
      environment: [{ name: 'EMPTY', value: '' }],
      portMappings: [{ containerPort: 5000 }],
    },
  ],
} as const;
/** As ECS answers: its defaults filled in, tags beside it. */
const registered = {
  family: 'api',
  networkMode: 'awsvpc',
  revision: 2,
  containerDefinitions: [
    {
      name: 'app',
      image: 'api:1',
      cpu: 0,
      essential: true,
      environment: [{ name: 'EMPTY', value: '' }],
      portMappings: [{ containerPort: 5000, hostPort: 5000, protocol: 'tcp' }],
      mountPoints: [],
    },
  ],
} as const;

test.each<[string, object, object, readonly string[]]>([
  ['nothing', {}, {}, []],
  ['a field at the top', { novelty: { a: 1 } }, {}, ['novelty']],
  ['an empty one says nothing', { novelty: [] }, {}, []],
  [
    'a field of a container',
    { containerDefinitions: [{ ...given.containerDefinitions[0], startTimeouts: 3 }] },
    {},
    ['containerDefinitions[0].startTimeouts'],
  ],
  [
    'a value that was taken for nothing',
    {},
    { containerDefinitions: [{ ...registered.containerDefinitions[0], environment: [{ name: 'EMPTY' }] }] },
    ['containerDefinitions[0].environment[0].value'],
  ],
])('%s is lost', (_name, change, kept, lost) => {
  expect(lostFields({ ...given, ...change } as never, { ...registered, ...kept } as never)).toEqual(lost);
});
