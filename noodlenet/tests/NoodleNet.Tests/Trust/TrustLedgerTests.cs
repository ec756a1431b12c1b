using NoodleNet.Trust;

namespace NoodleNet.Tests.Trust;

public sealed class TrustLedgerTests : IDisposable
{
    private readonly TestSeal _seal = new(7);
    private readonly TrustLedger _ledger;

    public TrustLedgerTests() => _ledger = new TrustLedger(_seal);

    public void Dispose() => _seal.Dispose();

    [Fact]
    public void Records_say_who_is_admitted_by_what_and_who_is_revoked()
    {
        Take(TestSeal.Token(1, uses: 2), TestSeal.Admitted(TestSeal.A, 1), TestSeal.Admitted(TestSeal.B, 1),
            TestSeal.Admitted(TestSeal.C), new RevokedNodeRecord(TestSeal.B, TestSeal.Time),
            new RevokedTokenRecord(1, TestSeal.Time), TestSeal.Ring(1, RingPhase.Settled, 1));

        Assert.Equal(2, _ledger.CountUses(1));
        Assert.Equal(0, _ledger.CountUses(2));
        Assert.True(_ledger.TryGetToken(1, out TokenRecord? token) && token.MaxUses == 2);
        Assert.False(_ledger.TryGetToken(2, out _));
        Assert.True(_ledger.TryGetAdmitted(TestSeal.C, out AdmittedRecord? admitted) && admitted.TokenId == 0);
        Assert.True(_ledger.IsTokenRevoked(1));
        Assert.Equal((null, TestSeal.Time), (_ledger.RevokedAt(TestSeal.A), _ledger.RevokedAt(TestSeal.B)));
        Assert.Equal((1, 3, 1, 1u), (_ledger.Tokens.Count(), _ledger.Admitted.Count(), _ledger.RevokedNodes.Count(),
            _ledger.Ring!.Epoch));
        Assert.Equal(7, _ledger.Records.Count());
        Assert.NotNull(_ledger.BytesOf(TrustKeys.Ring));
        Assert.Null(_ledger.BytesOf("token/"));
    }

    [Fact]
    public void What_is_known_costs_nothing_and_what_nobody_signed_changes_nothing()
    {
        byte[] good = _seal.Write(TestSeal.Token(1));
        Assert.Equal(TrustFault.None, _ledger.Merge("token/0000000000000001", good, out TrustRecord? news));
        Assert.NotNull(news);
        int checks = _seal.Checks;
        Assert.Equal(TrustFault.Known, _ledger.Merge("token/0000000000000001", good, out news));
        Assert.Null(news);
        Assert.Equal(checks, _seal.Checks);

        using var forger = new TestSeal(7);
        byte[] longer = forger.Write(TestSeal.Token(1, hours: 9000));
        Assert.Equal(TrustFault.Unsigned, _ledger.Merge("token/0000000000000001", longer, out _));
        Assert.True(_ledger.TryGetToken(1, out TokenRecord? token) && token.Expires == TestSeal.Time.AddHours(1));
    }

    public static TheoryData<string, TrustRecord, TrustRecord> Rivals => new()
    {   // rule                                     stays                               gives way
        { "a name stays with its first key", TestSeal.Admitted(TestSeal.A, 1), TestSeal.Admitted(TestSeal.A, 2, 2, 9) },
        { "the earlier revocation stays",           new RevokedNodeRecord(TestSeal.A, TestSeal.Time),
            new RevokedNodeRecord(TestSeal.A, TestSeal.Time.AddHours(1)) },
        { "of a token too",                         new RevokedTokenRecord(1, TestSeal.Time),
            new RevokedTokenRecord(1, TestSeal.Time.AddHours(1)) },
        { "a higher epoch stays", TestSeal.Ring(2, RingPhase.Using, 2), TestSeal.Ring(1, RingPhase.Settled, 1) },
    };

    [Theory]
    [MemberData(nameof(Rivals))]
    public void Of_two_records_the_rule_keeps_one_in_either_order(string rule, TrustRecord stays, TrustRecord goes)
    {
        byte[] winner = _seal.Write(stays), loser = _seal.Write(goes);
        var other = new TrustLedger(_seal);
        Assert.Equal(TrustFault.None, _ledger.Merge(stays.Key, winner, out _));
        Assert.True(TrustFault.Outdone == _ledger.Merge(goes.Key, loser, out _), rule);
        Assert.Equal(TrustFault.None, other.Merge(goes.Key, loser, out _));
        Assert.Equal(TrustFault.None, other.Merge(stays.Key, winner, out _));
        Assert.Equal(Dump(_ledger), Dump(other));
        Assert.Equal(_ledger.CountUses(1), other.CountUses(1));
        Assert.Equal(0, other.CountUses(2));
    }

    [Fact]
    public void Ledgers_that_saw_the_same_records_are_equal_whatever_the_order()
    {
        TrustRecord[] records =
        [
            TestSeal.Token(1), TestSeal.Token(2), TestSeal.Token(1, 2), TestSeal.Admitted(TestSeal.A, 1),
            TestSeal.Admitted(TestSeal.A, 2, 2), TestSeal.Admitted(TestSeal.B, 1, 3, 5),
            new RevokedNodeRecord(TestSeal.A, TestSeal.Time),
            new RevokedNodeRecord(TestSeal.A, TestSeal.Time.AddDays(1)),
            TestSeal.Ring(1, RingPhase.Settled, 1), TestSeal.Ring(2, RingPhase.Installing, 1, 2),
            TestSeal.Ring(2, RingPhase.Installing, 1, 3),
        ];
        (string Key, byte[] Bytes)[] signed = [.. records.Select(record => (record.Key, _seal.Write(record)))];
        string? expected = null;
        Gen.Shuffle(signed).Sample(order =>
        {
            var ledger = new TrustLedger(_seal);
            foreach ((string key, byte[] bytes) in order)
            {
                ledger.Merge(key, bytes, out _);
                ledger.Merge(key, bytes, out _);
            }

            string dump = Dump(ledger) + ledger.CountUses(1) + ledger.CountUses(2);
            Assert.Equal(expected ??= dump, dump);
        }, iter: 50, threads: 1);
    }

    [Fact]
    public void Tokens_that_are_over_for_a_week_are_forgotten_with_their_revocations()
    {
        Take(TestSeal.Token(1), new RevokedTokenRecord(1, TestSeal.Time), TestSeal.Token(2),
            TestSeal.Token(3, hours: 24 * 30), TestSeal.Admitted(TestSeal.A, 1),
            new RevokedNodeRecord(TestSeal.B, TestSeal.Time));
        Assert.Empty(_ledger.Prune(TestSeal.Time.AddDays(7)));
        Assert.Equal(
            ["revoked/token/0000000000000001", "token/0000000000000001", "token/0000000000000002"],
            _ledger.Prune(TestSeal.Time.AddDays(8)).Order());
        Assert.False(_ledger.IsTokenRevoked(1));
        Assert.True(_ledger.TryGetToken(3, out _));
        Assert.NotNull(_ledger.RevokedAt(TestSeal.B)); // for ever
        Assert.Equal(1, _ledger.CountUses(1));
    }

    [Fact]
    public void Tokens_have_a_bound()
    {
        for (ulong id = 0; id < TrustLedger.MaxTokens; id++)
        {
            Take(TestSeal.Token(id));
        }

        TokenRecord late = TestSeal.Token(TrustLedger.MaxTokens);
        Assert.Equal(TrustFault.Full, _ledger.Merge(late.Key, _seal.Write(late), out _));
        Take(TestSeal.Admitted(TestSeal.A), new RevokedNodeRecord(TestSeal.A, TestSeal.Time));
        _ledger.Prune(TestSeal.Time.AddDays(8));
        Take(late);
    }

    private void Take(params TrustRecord[] records)
    {
        foreach (TrustRecord record in records)
        {
            Assert.Equal(TrustFault.None, _ledger.Merge(record.Key, _seal.Write(record), out _));
        }
    }

    private static string Dump(TrustLedger ledger) => string.Join(
        '\n', ledger.Records.Select(record => $"{record.Key} {Convert.ToHexString(record.Value.Span)}"));
}
