// Drops every packet. You will see how many packets a second this machine can receive.
//   npx rxburst drop afxdp:rxb-left --take-all
import { type BurstHandler, DROP } from 'rxburst'

export default (): BurstHandler => (burst) => burst.setAll(DROP)
