// Options that change while a connection is being opened or is open.

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "harness/audit.h"
#include "harness/world_states.h"

namespace handfast {
namespace {

constexpr uint32_t kSmall = 16 << 10;
constexpr uint32_t kLarge = 16 << 20;

SocketOptions WithReceiveBuffer(uint32_t octets) {
  SocketOptions options;
  options.receive_buffer = octets;
  return options;
}

// The peer believes the shift in our SYN, so we must keep to it, whatever the user does to the
// buffer meanwhile; and a repeated SYN says what the first said. R7323-2.2, I-38, I-41.
TEST(SocketOptionsTest, TheWindowScaleOfTheSynIsKept) {
  for (const auto& [first, then] : {std::pair{kSmall, kLarge}, {kLarge, kSmall}}) {
    World world;
    Stack& stack = world.stack();
    const SocketId socket = *stack.Socket(world.now());
    ASSERT_EQ(stack.SetOptions(world.now(), socket, WithReceiveBuffer(first)), Errno::kOk);
    ASSERT_EQ(stack.Connect(world.now(), socket, {kThere, Port{80}}), Errno::kOk);
    world.Poll();
    const auto syn = world.TakeOne();
    ASSERT_TRUE(syn && syn->options.has(Options::kWindowScale));
    const uint32_t shift = syn->options.window_scale;
    const uint32_t offered = syn->window;

    ASSERT_EQ(stack.SetOptions(world.now(), socket, WithReceiveBuffer(then)), Errno::kOk);
    world.Advance(1500ms);
    const auto again = world.TakeOne();
    ASSERT_TRUE(again && again->has(kSyn));
    EXPECT_EQ(again->options.window_scale, shift);
    EXPECT_EQ(again->window, offered);

    HandPeer peer(world, Port{0});
    ASSERT_TRUE(peer.AnswerSyn(*again, OptionList().Mss(1460).Nop().Scale(5)));
    const auto ack = world.TakeOne();
    ASSERT_TRUE(ack);
    // The edge moves on, or stays; never by more than the buffer holds, as the peer counts.
    const uint32_t window = uint32_t{ack->window} << shift;
    EXPECT_GE(window, offered) << "the right edge moved back";
    EXPECT_LE(window, std::max(then, offered) + (1u << shift)) << first << " then " << then;
    EXPECT_EQ(AuditText(stack), "");
  }
}

// The same for the SYN-ACK, when the listener's options change before the handshake is done.
TEST(SocketOptionsTest, TheWindowScaleOfTheSynAckIsKept) {
  for (const auto& [first, then] : {std::pair{kSmall, kLarge}, {kLarge, kSmall}}) {
    StageOptions options;
    options.config = SmallConfig();
    options.config.socket.receive_buffer = first;
    options.syn.Nop().Scale(5);
    StageWorld world(Stage::kRequest, options);
    Stack& stack = world.stack();
    const uint32_t shift = world.last.options.window_scale;
    const uint32_t offered = world.last.window;
    ASSERT_EQ(stack.SetOptions(world.world.now(), *world.listener, WithReceiveBuffer(then)),
              Errno::kOk);
    world.peer.Say(kAck | kPsh, Text(0, 100));
    world.world.Advance(1s);
    const auto ack = world.world.TakeOne();
    ASSERT_TRUE(ack);
    const uint32_t window = uint32_t{ack->window} << shift;
    EXPECT_GE(window + 100, offered) << "the right edge moved back";
    EXPECT_LE(window, std::max(then, offered) + (1u << shift)) << first << " then " << then;
  }
}

}  // namespace
}  // namespace handfast
