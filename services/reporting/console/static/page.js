// What a page does beyond its links and forms. Without any of this it works as well.

import { keepTime } from "./countdown.js";
import { listen } from "./live.js";
import { slide } from "./slider.js";

keepTime();
slide();
listen();
