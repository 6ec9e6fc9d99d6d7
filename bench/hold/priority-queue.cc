// The hold model on std::priority_queue, for scale: what a compiled heap does on the same machine. Prints events per second.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <queue>
#include <random>
#include <vector>

struct Event {
  int64_t time;
  uint64_t sequence;
  uint32_t payload;
};
struct Later {
  bool operator()(const Event &a, const Event &b) const { return a.time > b.time || (a.time == b.time && a.sequence > b.sequence); }
};

int main(int, char **arguments) {
  const int pending = std::atoi(arguments[1]);
  const int events = std::atoi(arguments[2]);
  std::mt19937_64 generator(1);
  std::exponential_distribution<double> exponential(1e-9);
  std::vector<int64_t> delays(65536);
  for (auto &delay : delays) delay = std::llround(exponential(generator));
  std::priority_queue<Event, std::vector<Event>, Later> queue;
  uint64_t sequence = 0;
  uint32_t draw = 0;
  uint64_t sum = 0;
  for (int i = 0; i < pending; i++) queue.push({delays[draw++ & 65535], sequence++, static_cast<uint32_t>(i)});
  const auto hold = [&](int count) {
    for (int i = 0; i < count; i++) {
      const Event event = queue.top();
      queue.pop();
      sum += event.payload;
      queue.push({event.time + delays[draw++ & 65535], sequence++, event.payload});
    }
  };
  hold(pending);
  const auto start = std::chrono::steady_clock::now();
  hold(events);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  // The sum is used, so that the compiler keeps the work.
  std::printf("%.0f\n", sum == 0 ? 0.0 : events / seconds);
}
