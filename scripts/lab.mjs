// `npm run lab`: a standing lab for any AWS client, from the committed bundle. Needs no install.
import { launchLab } from './launch-lab.mjs';

launchLab('lab');
