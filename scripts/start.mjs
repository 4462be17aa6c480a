// `npm start`: the journey from EC2 to ECS in the lab, from the committed bundles. Needs no install.
import { launchLab } from './launch-lab.mjs';

launchLab('start');
