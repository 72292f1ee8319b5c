const { ‹readAll›, ‹parse›: ‹parseText|parse› } = require("./io");
const io = require("./io");
const ‹Queue› = require("./queue");

function format(text) {
  return ‹parseText|parse›(‹readAll›(text)).length + io.‹LIMIT›;
}

class Worker extends ‹Queue› {
  constructor() {
    super();
    this.state = new ‹Queue›();
  }
  work() {
    this.‹push|Queue.push›(1);
    this.‹state|Worker.state›.‹push|Queue.push›(2);
    this.‹state|Worker.state› = null;
    io.‹readAll›("x");
    return ‹format›(new ‹Queue›().‹size|Queue.size›());
  }
}

exports.‹Worker› = ‹Worker›;
exports.‹format› = ‹format›;
exports.later = function (done) {
  setTimeout(done);
};
