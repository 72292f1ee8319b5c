class Queue {
  items = [];
  push(one) {
    this.‹items|Queue.items›.push(one);
  }
  size() {
    return this.‹items|Queue.items›.length;
  }
}

module.exports = ‹Queue›;
